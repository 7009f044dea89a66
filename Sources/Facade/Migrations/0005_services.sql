-- Service definitions and the cases that people open with them.

CREATE TABLE service_definition (
  id           text NOT NULL CHECK (length(id) BETWEEN 3 AND 60),
  version      integer NOT NULL CHECK (version > 0),
  digest       bytea NOT NULL CHECK (length(digest) = 32),
  definition   jsonb NOT NULL,
  published_at timestamptz NOT NULL,
  retired_at   timestamptz,
  PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX service_definition_current ON service_definition (id) WHERE retired_at IS NULL;
COMMENT ON TABLE service_definition IS '服务事项定义：按版本发布，同一事项同时只有一个有效版本';
COMMENT ON COLUMN service_definition.id IS '事项编号';
COMMENT ON COLUMN service_definition.version IS '版本';
COMMENT ON COLUMN service_definition.digest IS '内容的 SM3 摘要';
COMMENT ON COLUMN service_definition.definition IS '定义内容';
COMMENT ON COLUMN service_definition.published_at IS '发布时间';
COMMENT ON COLUMN service_definition.retired_at IS '停用时间';

-- One row: its lock makes publications follow each other, its revision tells every program that something changed.
CREATE TABLE service_catalogue (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  revision  bigint NOT NULL DEFAULT 0 CHECK (revision >= 0)
);
INSERT INTO service_catalogue DEFAULT VALUES;
COMMENT ON TABLE service_catalogue IS '服务目录版本：只有一行，每次发布有变化时加一';
COMMENT ON COLUMN service_catalogue.singleton IS '恒为真，保证只有一行';
COMMENT ON COLUMN service_catalogue.revision IS '目录版本号';

CREATE TABLE service_case (
  id              uuid PRIMARY KEY,
  code            text NOT NULL UNIQUE,
  service_id      text NOT NULL,
  service_version integer NOT NULL,
  service_title   text NOT NULL,
  person_id       uuid NOT NULL REFERENCES person (id),
  unit_id         uuid NOT NULL REFERENCES unit (id),
  state           text NOT NULL CHECK (state IN ('submitted', 'accepted', 'returned', 'completed', 'refused', 'withdrawn')),
  form_sealed     bytea NOT NULL,
  assignee        uuid REFERENCES account (id),
  idempotency_key text CHECK (length(idempotency_key) BETWEEN 1 AND 100),
  submitted_at    timestamptz NOT NULL,
  promised_on     date NOT NULL,
  finished_at     timestamptz,
  result          text CHECK (length(result) <= 1000),
  revision        bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
  FOREIGN KEY (service_id, service_version) REFERENCES service_definition (id, version),
  CONSTRAINT service_case_sent_once UNIQUE (person_id, idempotency_key)
);
CREATE UNIQUE INDEX service_case_one_open ON service_case (person_id, service_id)
  WHERE state IN ('submitted', 'accepted', 'returned');
CREATE INDEX service_case_of_person ON service_case (person_id, submitted_at DESC, id DESC);
CREATE INDEX service_case_queue ON service_case (unit_id, submitted_at, id) WHERE state IN ('submitted', 'accepted');
COMMENT ON TABLE service_case IS '服务办件';
COMMENT ON COLUMN service_case.id IS '办件编号';
COMMENT ON COLUMN service_case.code IS '查询码';
COMMENT ON COLUMN service_case.service_id IS '事项编号';
COMMENT ON COLUMN service_case.service_version IS '提交时的事项版本';
COMMENT ON COLUMN service_case.service_title IS '提交时的事项名称';
COMMENT ON COLUMN service_case.person_id IS '申请人';
COMMENT ON COLUMN service_case.unit_id IS '办理单位';
COMMENT ON COLUMN service_case.state IS '状态';
COMMENT ON COLUMN service_case.form_sealed IS '提交的表单密文（SM4-CTR + HMAC-SM3）：其中可能有证件号码等个人信息';
COMMENT ON COLUMN service_case.assignee IS '经办账号';
COMMENT ON COLUMN service_case.idempotency_key IS '防重复提交键';
COMMENT ON COLUMN service_case.submitted_at IS '提交时间';
COMMENT ON COLUMN service_case.promised_on IS '承诺办结日';
COMMENT ON COLUMN service_case.finished_at IS '办结时间';
COMMENT ON COLUMN service_case.result IS '办理结果';
COMMENT ON COLUMN service_case.revision IS '版本号';

CREATE TABLE service_case_step (
  case_id    uuid NOT NULL REFERENCES service_case (id),
  sequence   integer NOT NULL CHECK (sequence > 0),
  action     text NOT NULL CHECK (action IN ('submit', 'accept', 'return', 'resubmit', 'complete', 'refuse', 'withdraw', 'rate')),
  from_state text,
  to_state   text NOT NULL,
  account_id uuid,
  actor_name text NOT NULL,
  unit_name  text,
  comment    text CHECK (length(comment) <= 1000),
  at         timestamptz NOT NULL,
  PRIMARY KEY (case_id, sequence)
);
COMMENT ON TABLE service_case_step IS '服务办件的每一步，只增不改';
COMMENT ON COLUMN service_case_step.case_id IS '办件';
COMMENT ON COLUMN service_case_step.sequence IS '步骤序号';
COMMENT ON COLUMN service_case_step.action IS '动作';
COMMENT ON COLUMN service_case_step.from_state IS '原状态';
COMMENT ON COLUMN service_case_step.to_state IS '新状态';
COMMENT ON COLUMN service_case_step.account_id IS '操作账号；生成的示例人员没有账号，为空';
COMMENT ON COLUMN service_case_step.actor_name IS '操作者显示名';
COMMENT ON COLUMN service_case_step.unit_name IS '操作者所属单位';
COMMENT ON COLUMN service_case_step.comment IS '意见';
COMMENT ON COLUMN service_case_step.at IS '时间';
CREATE TRIGGER service_case_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON service_case_step
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

CREATE TABLE service_rating (
  case_id   uuid PRIMARY KEY REFERENCES service_case (id),
  person_id uuid NOT NULL REFERENCES person (id),
  score     smallint NOT NULL CHECK (score BETWEEN 1 AND 5),
  comment   text CHECK (length(comment) <= 500),
  at        timestamptz NOT NULL
);
COMMENT ON TABLE service_rating IS '服务评价：办结后由申请人评价一次';
COMMENT ON COLUMN service_rating.case_id IS '办件';
COMMENT ON COLUMN service_rating.person_id IS '评价人';
COMMENT ON COLUMN service_rating.score IS '评分（1 至 5）';
COMMENT ON COLUMN service_rating.comment IS '评语';
COMMENT ON COLUMN service_rating.at IS '评价时间';
