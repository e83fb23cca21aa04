-- Takes a batch in, in the order of the producer.
copy pg_temp.submitted from stdin (format binary)
