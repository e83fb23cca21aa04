-- Changes one character of a checkpoint's signature. Parameters: checkpoint_no.
update checkpoint set note = left(note, -3) || case substr(note, length(note) - 2, 1) when 'A' then 'B' else 'A' end || right(note, 2)
where checkpoint_no = %(checkpoint_no)s
