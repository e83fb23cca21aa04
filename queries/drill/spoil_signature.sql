-- Changes one character of a checkpoint's signature. Parameters: checkpoint_no.
update checkpoint
set note = overlay(note placing case substr(note, length(note) - 20, 1) when 'A' then 'B' else 'A' end from length(note) - 20 for 1)
where checkpoint_no = %(checkpoint_no)s
