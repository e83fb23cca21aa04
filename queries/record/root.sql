-- Gives the root hash of the newest seal's tree, or no row. root bytea.
select root from seal order by seal_no desc limit 1
