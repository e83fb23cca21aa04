"""Foreign files become events: one module a format; `importing` appends and reports.

    sources     one input: file or standard input, gzip taken off, encoding and format told by the content
    lines       physical lines, numbered, of bounded length
    fields      names and values of a row or an object -> AuditEvent
    delimited   CSV and its cousins; puts itself right after a quote that is never closed
    json_lines  one object a line, or one object over several lines
    json_array  one array of objects, read piece by piece
    occurrences numbers identical events of a file
    importing   batches, appends, counts; `report` tells; `live` does it for a stream that pauses

May import record and what is below it; knows nothing of the command line.
"""
