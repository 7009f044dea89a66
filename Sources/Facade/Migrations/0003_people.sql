-- People, known by identity document, each at most once; and the ordered log of changes to their dossiers.

CREATE TABLE person (
  id              uuid PRIMARY KEY,
  display_name    text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 40),
  identity_sealed bytea NOT NULL,
  identity_index  bytea NOT NULL,
  identity_masked text NOT NULL,
  phone_sealed    bytea NOT NULL,
  phone_index     bytea NOT NULL,
  phone_masked    text NOT NULL,
  birth_date      date NOT NULL,
  employer_id     uuid NOT NULL REFERENCES employer (id),
  degree          text NOT NULL CHECK (degree IN ('doctor', 'master', 'bachelor', 'other')),
  job_title       text CHECK (length(job_title) BETWEEN 1 AND 40),
  state           text NOT NULL CHECK (state IN ('awaiting_employer', 'awaiting_department', 'returned', 'certified', 'refused')),
  revision        bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
  sample          boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL,
  CONSTRAINT person_identity_unique UNIQUE (identity_index)
);
CREATE INDEX person_by_employer ON person (employer_id, created_at, id);
CREATE INDEX person_by_phone ON person (phone_index);
CREATE INDEX person_by_name ON person (display_name text_pattern_ops, created_at, id);
CREATE INDEX person_by_age ON person (created_at, id);
ALTER TABLE account ADD CONSTRAINT account_person_exists FOREIGN KEY (person_id) REFERENCES person (id);
COMMENT ON TABLE person IS '人员：每个身份证件只对应一人';
COMMENT ON COLUMN person.id IS '人员编号';
COMMENT ON COLUMN person.display_name IS '姓名';
COMMENT ON COLUMN person.identity_sealed IS '身份证号密文（SM4-CTR + HMAC-SM3）';
COMMENT ON COLUMN person.identity_index IS '身份证号盲索引（HMAC-SM3）';
COMMENT ON COLUMN person.identity_masked IS '身份证号脱敏显示';
COMMENT ON COLUMN person.phone_sealed IS '手机号密文';
COMMENT ON COLUMN person.phone_index IS '手机号盲索引';
COMMENT ON COLUMN person.phone_masked IS '手机号脱敏显示';
COMMENT ON COLUMN person.birth_date IS '出生日期（取自身份证号）';
COMMENT ON COLUMN person.employer_id IS '现用人单位';
COMMENT ON COLUMN person.degree IS '学历：doctor 博士，master 硕士，bachelor 本科，other 其他';
COMMENT ON COLUMN person.job_title IS '岗位';
COMMENT ON COLUMN person.state IS '认定状态';
COMMENT ON COLUMN person.revision IS '版本号';
COMMENT ON COLUMN person.sample IS '是否示例数据';
COMMENT ON COLUMN person.created_at IS '注册时间';

CREATE TABLE dossier_head (
  person_id uuid PRIMARY KEY REFERENCES person (id),
  revision  bigint NOT NULL CHECK (revision >= 0)
);
COMMENT ON TABLE dossier_head IS '档案当前版本号；更新时加行锁，使同一人的变更排成一列';
COMMENT ON COLUMN dossier_head.person_id IS '人员';
COMMENT ON COLUMN dossier_head.revision IS '最新版本号';

CREATE TABLE dossier_change (
  person_id   uuid NOT NULL REFERENCES person (id),
  revision    bigint NOT NULL CHECK (revision > 0),
  recorded_at timestamptz NOT NULL,
  account_id  uuid,
  change      jsonb NOT NULL,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (person_id, revision)
);
COMMENT ON TABLE dossier_change IS '档案变更日志：档案的唯一依据，只增不改，敏感字段为密文';
COMMENT ON COLUMN dossier_change.person_id IS '人员';
COMMENT ON COLUMN dossier_change.revision IS '版本号，自 1 起连续';
COMMENT ON COLUMN dossier_change.recorded_at IS '记录时间';
COMMENT ON COLUMN dossier_change.account_id IS '操作账号；系统操作为空';
COMMENT ON COLUMN dossier_change.change IS '变更内容：栏目、字段、值、来源、生效时间';
COMMENT ON COLUMN dossier_change.transaction IS '数据库事务号';
CREATE TRIGGER dossier_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dossier_change
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

CREATE TABLE outbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('dossier')),
  subject    uuid NOT NULL,
  revision   bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts   integer NOT NULL DEFAULT 0,
  retry_at   timestamptz NOT NULL DEFAULT '-infinity',
  UNIQUE (kind, subject, revision)
);
CREATE INDEX outbox_due ON outbox (retry_at, subject);
COMMENT ON TABLE outbox IS '待投递变更：与业务同一事务写入，送达文档库后删除';
COMMENT ON COLUMN outbox.id IS '序号';
COMMENT ON COLUMN outbox.kind IS '种类：dossier 档案变更';
COMMENT ON COLUMN outbox.subject IS '主体（人员编号）';
COMMENT ON COLUMN outbox.revision IS '主体的版本号';
COMMENT ON COLUMN outbox.created_at IS '写入时间';
COMMENT ON COLUMN outbox.attempts IS '已尝试次数';
COMMENT ON COLUMN outbox.retry_at IS '下次尝试时间';
