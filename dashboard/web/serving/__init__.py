"""What answers the browser beside the pages: routes, headers, settings, and the log that sessions share."""
