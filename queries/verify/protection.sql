-- Says what protects the record as the catalogue has it now: tables, columns, constraints, triggers, rules, policies, grants of writing, functions,
-- roles and session settings. A row is one fact: relation text (the table it is about, null for others), thing text, said text.
with ours as (
    select c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relispartition
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
), roles as (
    select oid, rolname, rolcanlogin, rolsuper, rolcreaterole, rolbypassrls, rolreplication
    from pg_roles
    where rolname in ('auditlens_owner', 'auditlens_writer', 'auditlens_reader', 'auditlens_sealer', 'auditlens_redactor')
), functions as (
    select p.oid, p.prosrc, p.prosecdef, p.proowner, p.proconfig, p.proacl, p.provolatile,
        n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where (n.nspname = 'public' and p.proname like 'audit\_%%') or (p.prosecdef and p.proowner = (select oid from roles where rolname = 'auditlens_owner'))
)
select relname as relation, 'relation' as thing,
    case relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'S' then 'sequence' when 'v' then 'view' else 'relation of kind ' || relkind::text end
    || ' of ' || pg_get_userbyid(relowner) || case when relrowsecurity then ', rows hidden by policies' else '' end as said
from ours
union all
select o.relname, 'column ' || a.attname,
    format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
    || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end || case when a.attgenerated <> '' then ' generated' else '' end
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
from ours o join pg_attribute a on a.attrelid = o.oid left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and o.relkind in ('r', 'p') and not o.relispartition
union all
select o.relname, 'constraint ' || k.conname, pg_get_constraintdef(k.oid)
from ours o join pg_constraint k on k.conrelid = o.oid
where k.contype in ('c', 'p', 'u', 'f', 'x')
union all
select o.relname, 'trigger ' || t.tgname,
    case t.tgenabled when 'A' then 'always' when 'D' then 'disabled' when 'R' then 'on replicas only' else 'not on replicas' end
    || ': ' || regexp_replace(pg_get_triggerdef(t.oid), '^.* TRIGGER \S+ (.*) ON \S+ ', '\1 ')
from ours o join pg_trigger t on t.tgrelid = o.oid
where not t.tgisinternal
union all
select o.relname, 'rule ' || r.rulename, pg_get_ruledef(r.oid)
from ours o join pg_rewrite r on r.ev_class = o.oid
where r.rulename <> '_RETURN'
union all
select o.relname, 'policy ' || p.polname, coalesce(pg_get_expr(p.polqual, p.polrelid), 'true')
from ours o join pg_policy p on p.polrelid = o.oid
union all
select o.relname, lower(g.privilege_type) || ' by ' || coalesce(pg_get_userbyid(nullif(g.grantee, 0)), 'everyone'), 'granted'
from ours o cross join lateral aclexplode(o.relacl) g
where g.grantee <> o.relowner and g.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
union all
select o.relname, lower(g.privilege_type) || ' of ' || a.attname || ' by ' || coalesce(pg_get_userbyid(nullif(g.grantee, 0)), 'everyone'), 'granted'
from ours o join pg_attribute a on a.attrelid = o.oid and not a.attisdropped cross join lateral aclexplode(a.attacl) g
where g.grantee <> o.relowner and g.privilege_type in ('INSERT', 'UPDATE')
union all
select null, 'function ' || name,
    'body ' || encode(sha256(convert_to(prosrc, 'UTF8')), 'hex') || ' of ' || pg_get_userbyid(proowner)
    || case when prosecdef then ', acts as its owner' else '' end || coalesce(', with ' || array_to_string(proconfig, ' and '), '')
from functions
union all
select null, 'execute of ' || f.name || ' by ' || coalesce(pg_get_userbyid(nullif(g.grantee, 0)), 'everyone'), 'granted'
from functions f cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) g
where g.grantee <> f.proowner
union all
select null, 'role ' || rolname,
    case when rolcanlogin then 'login' else 'no login' end || case when rolsuper then ', superuser' else '' end
    || case when rolcreaterole then ', makes roles' else '' end || case when rolbypassrls then ', passes row security' else '' end
    || case when rolreplication then ', replication' else '' end
from roles
union all
select null, 'membership of ' || m.rolname || ' in ' || pg_get_userbyid(a.roleid), 'granted'
from pg_auth_members a join roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
where g.rolsuper or g.rolname in (select rolname from roles) or g.rolname in ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program')
union all
select null, 'setting ' || split_part(word, '=', 1) || ' of ' || coalesce(pg_get_userbyid(nullif(s.setrole, 0)), 'everyone'), split_part(word, '=', 2)
from pg_db_role_setting s cross join lateral unnest(s.setconfig) word
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
    and (s.setrole = 0 or s.setrole in (select oid from roles))
    and split_part(word, '=', 1) in ('search_path', 'session_replication_role', 'row_security', 'role', 'session_preload_libraries', 'local_preload_libraries')
