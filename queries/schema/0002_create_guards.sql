-- Makes the guards of append-only tables: no role, the owner and superusers included, updates, deletes or truncates.
set local role auditlens_owner;

create function audit_refuse() returns trigger
language plpgsql as $$
begin
    raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege',
        hint = 'An audit record is never changed. To correct an event, append another one that says so.';
end
$$;

-- For the parent and for every partition: statement triggers are not inherited, and ALWAYS holds under session_replication_role = replica too.
create function audit_protect(target regclass) returns void
language plpgsql as $$
begin
    execute format('create trigger no_rewrite before update or delete on %s for each statement execute function audit_refuse()', target);
    execute format('alter table %s enable always trigger no_rewrite', target);
    execute format('create trigger no_truncate before truncate on %s for each statement execute function audit_refuse()', target);
    execute format('alter table %s enable always trigger no_truncate', target);
end
$$;

revoke execute on function audit_protect(regclass) from public;

select audit_protect('schema_migration');
