-- Makes the five roles, once for the whole server: an owner nobody logs in as, and one login for each part of the service.
do $$
declare
    name text;
begin
    foreach name in array array['writer', 'reader', 'sealer', 'redactor'] loop
        begin
            execute format('create role auditlens_%s login', name);
        exception when duplicate_object or unique_violation then
            null; -- another log on this server made it
        end;
    end loop;
    begin
        create role auditlens_owner nologin;
    exception when duplicate_object or unique_violation then
        null;
    end;
    if not (select rolsuper from pg_roles where rolname = current_user) then
        -- it makes the owner's tables, and may stand in for the parts until each has a login of its own
        execute format('grant auditlens_owner, auditlens_writer, auditlens_reader, auditlens_sealer, auditlens_redactor to %I', current_user);
    end if;
    execute format('grant connect, temporary on database %I to auditlens_writer, auditlens_reader, auditlens_sealer, auditlens_redactor', current_database());
end
$$;

revoke create on schema public from public;
grant usage, create on schema public to auditlens_owner;
grant usage on schema public to auditlens_writer, auditlens_reader, auditlens_sealer, auditlens_redactor;

alter table schema_migration owner to auditlens_owner;
grant select on schema_migration to auditlens_writer, auditlens_reader, auditlens_sealer, auditlens_redactor;
