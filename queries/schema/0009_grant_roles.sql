-- Says what each login may do. Nobody inserts into the record but through audit_append and audit_append_all.
set local role auditlens_owner;

revoke all on function audit_append(jsonb), audit_append_all(audit_submission[]), audit_content(bytea, audit_submission),
    audit_native_id(bytea, integer), audit_outcome(text), audit_add_months() from public;
grant execute on function audit_append(jsonb), audit_append_all(audit_submission[]) to auditlens_writer;
grant execute on function audit_add_months() to auditlens_sealer;
grant select on log to auditlens_writer, auditlens_reader, auditlens_sealer, auditlens_redactor;
grant select on audit_event, conflict, seal, sealed, tile, tree_edge to auditlens_reader, auditlens_sealer;
grant insert (seal_no, tree_size, snapshot, system_id, root) on seal to auditlens_sealer;
grant insert on sealed, tile to auditlens_sealer;
grant insert, update on tree_edge to auditlens_sealer;
