-- Certification: employer, then department, then a rule; the outcome is a certification with a talent code.

CREATE TABLE certification_case (
  id                  uuid PRIMARY KEY,
  person_id           uuid NOT NULL REFERENCES person (id),
  employer_id         uuid NOT NULL REFERENCES employer (id),
  state               text NOT NULL CHECK (state IN ('awaiting_employer', 'awaiting_department', 'returned', 'certified', 'refused')),
  employer_approver   uuid REFERENCES account (id),
  department_approver uuid REFERENCES account (id),
  submitted_at        timestamptz NOT NULL,
  decided_at          timestamptz,
  revision            bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
  CONSTRAINT certification_case_two_people CHECK (employer_approver IS NULL OR employer_approver <> department_approver),
  CONSTRAINT certification_case_order CHECK (department_approver IS NULL OR employer_approver IS NOT NULL)
);
CREATE UNIQUE INDEX certification_case_one_open ON certification_case (person_id)
  WHERE state IN ('awaiting_employer', 'awaiting_department', 'returned');
CREATE INDEX certification_case_employer_queue ON certification_case (employer_id, submitted_at, id) WHERE state = 'awaiting_employer';
CREATE INDEX certification_case_department_queue ON certification_case (submitted_at, id) WHERE state = 'awaiting_department';
COMMENT ON TABLE certification_case IS '人才认定办件';
COMMENT ON COLUMN certification_case.id IS '办件编号';
COMMENT ON COLUMN certification_case.person_id IS '人员';
COMMENT ON COLUMN certification_case.employer_id IS '审核的用人单位';
COMMENT ON COLUMN certification_case.state IS '状态';
COMMENT ON COLUMN certification_case.employer_approver IS '单位审核账号';
COMMENT ON COLUMN certification_case.department_approver IS '主管部门审核账号，须与单位审核不同';
COMMENT ON COLUMN certification_case.submitted_at IS '提交时间';
COMMENT ON COLUMN certification_case.decided_at IS '办结时间';
COMMENT ON COLUMN certification_case.revision IS '版本号';

CREATE TABLE certification_step (
  case_id    uuid NOT NULL REFERENCES certification_case (id),
  sequence   integer NOT NULL CHECK (sequence > 0),
  action     text NOT NULL CHECK (action IN ('submit', 'employer_approve', 'department_approve', 'return', 'resubmit', 'refuse', 'certify')),
  from_state text,
  to_state   text NOT NULL,
  account_id uuid,
  actor_name text NOT NULL,
  comment    text CHECK (length(comment) <= 500),
  at         timestamptz NOT NULL,
  PRIMARY KEY (case_id, sequence)
);
COMMENT ON TABLE certification_step IS '认定办件的每一步，只增不改';
COMMENT ON COLUMN certification_step.case_id IS '办件';
COMMENT ON COLUMN certification_step.sequence IS '步骤序号';
COMMENT ON COLUMN certification_step.action IS '动作';
COMMENT ON COLUMN certification_step.from_state IS '原状态';
COMMENT ON COLUMN certification_step.to_state IS '新状态';
COMMENT ON COLUMN certification_step.account_id IS '操作账号；系统自动认定为空';
COMMENT ON COLUMN certification_step.actor_name IS '操作者显示名';
COMMENT ON COLUMN certification_step.comment IS '意见';
COMMENT ON COLUMN certification_step.at IS '时间';
CREATE TRIGGER certification_step_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON certification_step
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();

CREATE TABLE certification (
  id           uuid PRIMARY KEY,
  person_id    uuid NOT NULL REFERENCES person (id),
  scheme       text NOT NULL,
  level        text NOT NULL CHECK (level IN ('A', 'B', 'C', 'D', 'E')),
  valid        daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND NOT upper_inf(valid)),
  rule_id      text NOT NULL,
  rule_version integer NOT NULL,
  inputs       jsonb NOT NULL,
  explanation  jsonb NOT NULL,
  case_id      uuid NOT NULL REFERENCES certification_case (id),
  issued_at    timestamptz NOT NULL,
  CONSTRAINT certification_one_active EXCLUDE USING gist (person_id WITH =, scheme WITH =, valid WITH &&)
);
COMMENT ON TABLE certification IS '人才认定结果';
COMMENT ON COLUMN certification.id IS '认定编号';
COMMENT ON COLUMN certification.person_id IS '人员';
COMMENT ON COLUMN certification.scheme IS '认定方案';
COMMENT ON COLUMN certification.level IS '人才层次（示例：A 至 E）';
COMMENT ON COLUMN certification.valid IS '有效期（左闭右开）';
COMMENT ON COLUMN certification.rule_id IS '规则编号';
COMMENT ON COLUMN certification.rule_version IS '规则版本';
COMMENT ON COLUMN certification.inputs IS '规则输入';
COMMENT ON COLUMN certification.explanation IS '认定理由';
COMMENT ON COLUMN certification.case_id IS '来源办件';
COMMENT ON COLUMN certification.issued_at IS '认定时间';

CREATE TABLE talent_code (
  code             text PRIMARY KEY CHECK (length(code) BETWEEN 10 AND 20),
  person_id        uuid NOT NULL REFERENCES person (id),
  certification_id uuid NOT NULL UNIQUE REFERENCES certification (id),
  issued_at        timestamptz NOT NULL,
  revoked_at       timestamptz
);
CREATE INDEX talent_code_person ON talent_code (person_id);
COMMENT ON TABLE talent_code IS '人才码：带校验字符，随机产生，永不重复使用';
COMMENT ON COLUMN talent_code.code IS '人才码';
COMMENT ON COLUMN talent_code.person_id IS '人员';
COMMENT ON COLUMN talent_code.certification_id IS '对应认定';
COMMENT ON COLUMN talent_code.issued_at IS '赋码时间';
COMMENT ON COLUMN talent_code.revoked_at IS '撤销时间';
