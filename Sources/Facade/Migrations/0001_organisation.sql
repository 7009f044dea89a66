-- Who works with Haiju: units, employers, accounts, their sessions, and the audit trail of all they do.

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE unit (
  id       uuid PRIMARY KEY,
  name     text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
  district text NOT NULL CHECK (district IN ('city', 'minhang', 'baoshan')),
  sample   boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE unit IS '办理单位：受理与审核人才服务的部门、中心和窗口';
COMMENT ON COLUMN unit.id IS '单位编号';
COMMENT ON COLUMN unit.name IS '单位名称';
COMMENT ON COLUMN unit.district IS '所属区域：city 市级，minhang 闵行区，baoshan 宝山区';
COMMENT ON COLUMN unit.sample IS '是否示例数据';

CREATE TABLE employer (
  id           uuid PRIMARY KEY,
  name         text NOT NULL UNIQUE CHECK (length(name) BETWEEN 2 AND 80),
  credit_code  text NOT NULL UNIQUE CHECK (credit_code ~ '^[0-9A-Z]{18}$'),
  district     text NOT NULL CHECK (district IN ('city', 'minhang', 'baoshan')),
  key_industry boolean NOT NULL,
  sample       boolean NOT NULL DEFAULT false,
  created_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE employer IS '用人单位';
COMMENT ON COLUMN employer.id IS '用人单位编号';
COMMENT ON COLUMN employer.name IS '用人单位名称';
COMMENT ON COLUMN employer.credit_code IS '统一社会信用代码（18 位，GB 32100）';
COMMENT ON COLUMN employer.district IS '所在区域：city 市级，minhang 闵行区，baoshan 宝山区';
COMMENT ON COLUMN employer.key_industry IS '是否重点产业单位（示例口径）';
COMMENT ON COLUMN employer.sample IS '是否示例数据';
COMMENT ON COLUMN employer.created_at IS '登记时间';

CREATE TABLE account (
  id              uuid PRIMARY KEY,
  name            text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9._-]{2,39}$'),
  role            text NOT NULL CHECK (role IN ('talent', 'employer_officer', 'reviewer', 'window_clerk',
                                                'system_administrator', 'security_administrator', 'audit_administrator')),
  display_name    text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 40),
  person_id       uuid,
  employer_id     uuid REFERENCES employer (id),
  unit_id         uuid REFERENCES unit (id),
  password        text NOT NULL,
  holder_index    bytea CHECK (length(holder_index) = 32),
  failed_attempts integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
  locked_until    timestamptz,
  enabled         boolean NOT NULL DEFAULT true,
  sample          boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT account_role_has_its_place CHECK (
    (role = 'talent') = (person_id IS NOT NULL)
    AND (role = 'employer_officer') = (employer_id IS NOT NULL)
    AND (role IN ('reviewer', 'window_clerk')) = (unit_id IS NOT NULL))
);
-- A failed sign-in and an admitted one rewrite the row; room on the page keeps that cheap.
ALTER TABLE account SET (fillfactor = 80);
CREATE UNIQUE INDEX account_person ON account (person_id) WHERE person_id IS NOT NULL;
COMMENT ON TABLE account IS '账号：一人一号，名称永不重复使用';
COMMENT ON COLUMN account.id IS '账号编号';
COMMENT ON COLUMN account.name IS '登录名';
COMMENT ON COLUMN account.role IS '角色：人才、单位经办人、审核员、窗口人员、三类管理员';
COMMENT ON COLUMN account.display_name IS '显示姓名';
COMMENT ON COLUMN account.person_id IS '人才账号对应的人员';
COMMENT ON COLUMN account.employer_id IS '单位经办人所属用人单位';
COMMENT ON COLUMN account.unit_id IS '审核员、窗口人员所属办理单位';
COMMENT ON COLUMN account.password IS '口令散列（PBKDF2-HMAC-SM3，含盐与次数）';
COMMENT ON COLUMN account.holder_index IS '持有人身份证号盲索引（HMAC-SM3），防止同一人以两个账号审核；未知为空';
COMMENT ON COLUMN account.failed_attempts IS '连续登录失败次数';
COMMENT ON COLUMN account.locked_until IS '锁定至';
COMMENT ON COLUMN account.enabled IS '是否启用';
COMMENT ON COLUMN account.sample IS '是否示例数据';
COMMENT ON COLUMN account.created_at IS '开通时间';

CREATE TABLE session (
  token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
  account_id   uuid NOT NULL REFERENCES account (id),
  created_at   timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  address      text NOT NULL
);
CREATE INDEX session_account ON session (account_id, created_at);
COMMENT ON TABLE session IS '登录会话（服务器端保存，仅存令牌摘要）';
COMMENT ON COLUMN session.token_digest IS '会话令牌的 SM3 摘要';
COMMENT ON COLUMN session.account_id IS '账号';
COMMENT ON COLUMN session.created_at IS '登录时间';
COMMENT ON COLUMN session.last_seen_at IS '最近活动时间';
COMMENT ON COLUMN session.expires_at IS '最迟失效时间';
COMMENT ON COLUMN session.address IS '来源地址';

CREATE TABLE used_form_token (
  token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
  used_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX used_form_token_age ON used_form_token (used_at);
COMMENT ON TABLE used_form_token IS '已使用的一次性表单令牌，防止重复提交';
COMMENT ON COLUMN used_form_token.token_digest IS '令牌的 SM3 摘要';
COMMENT ON COLUMN used_form_token.used_at IS '使用时间';

CREATE TABLE audit_entry (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  account_id  uuid,
  role        text NOT NULL,
  address     text NOT NULL,
  operation   text NOT NULL,
  object_kind text,
  object_id   text,
  result      text NOT NULL CHECK (result IN ('done', 'refused', 'failed')),
  reason      text,
  trace       text NOT NULL,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX audit_entry_object ON audit_entry (object_kind, object_id, id);
CREATE INDEX audit_entry_account ON audit_entry (account_id, id);
COMMENT ON TABLE audit_entry IS '审计记录：只增不改，与业务在同一事务提交';
COMMENT ON COLUMN audit_entry.id IS '序号';
COMMENT ON COLUMN audit_entry.at IS '时间';
COMMENT ON COLUMN audit_entry.account_id IS '操作账号；匿名或系统操作为空';
COMMENT ON COLUMN audit_entry.role IS '操作时的角色';
COMMENT ON COLUMN audit_entry.address IS '来源地址';
COMMENT ON COLUMN audit_entry.operation IS '操作名称';
COMMENT ON COLUMN audit_entry.object_kind IS '对象种类';
COMMENT ON COLUMN audit_entry.object_id IS '对象编号';
COMMENT ON COLUMN audit_entry.result IS '结果：done 完成，refused 拒绝，failed 失败';
COMMENT ON COLUMN audit_entry.reason IS '原因代码（不含个人信息）';
COMMENT ON COLUMN audit_entry.trace IS '跟踪号';
COMMENT ON COLUMN audit_entry.transaction IS '数据库事务号';

-- The audit trail only grows, whoever asks: the owner of the table is stopped too.
CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION refuse_change_of_history() IS '拒绝修改或删除只增记录';
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
