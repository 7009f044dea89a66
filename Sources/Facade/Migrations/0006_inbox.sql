-- Notices to people, and the alerts that readings raise.

CREATE TABLE notice (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES person (id),
  kind       text NOT NULL CHECK (kind IN ('certification', 'case', 'alert')),
  title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
  body       text NOT NULL CHECK (length(body) <= 500),
  link       text NOT NULL,
  event      text NOT NULL,
  created_at timestamptz NOT NULL,
  read_at    timestamptz,
  CONSTRAINT notice_once_per_event UNIQUE (person_id, event)
);
CREATE INDEX notice_of_person ON notice (person_id, created_at DESC, id DESC);
CREATE INDEX notice_unread ON notice (person_id) WHERE read_at IS NULL;
COMMENT ON TABLE notice IS '站内消息：同一事件对同一人只发一次';
COMMENT ON COLUMN notice.id IS '消息编号';
COMMENT ON COLUMN notice.person_id IS '收件人';
COMMENT ON COLUMN notice.kind IS '种类：certification 认定，case 办件，alert 健康预警';
COMMENT ON COLUMN notice.title IS '标题';
COMMENT ON COLUMN notice.body IS '正文';
COMMENT ON COLUMN notice.link IS '相关页面';
COMMENT ON COLUMN notice.event IS '事件标识';
COMMENT ON COLUMN notice.created_at IS '发送时间';
COMMENT ON COLUMN notice.read_at IS '阅读时间';

CREATE TABLE reading_alert (
  id         uuid PRIMARY KEY,
  person_id  uuid NOT NULL REFERENCES person (id),
  rule       text NOT NULL,
  day        date NOT NULL,
  series     bigint NOT NULL,
  value      double precision NOT NULL,
  threshold  double precision NOT NULL,
  read_time  timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT reading_alert_once_a_day UNIQUE (person_id, rule, day)
);
COMMENT ON TABLE reading_alert IS '健康读数预警：同一规则同一天只预警一次';
COMMENT ON COLUMN reading_alert.id IS '预警编号';
COMMENT ON COLUMN reading_alert.person_id IS '人员';
COMMENT ON COLUMN reading_alert.rule IS '规则（示例阈值）';
COMMENT ON COLUMN reading_alert.day IS '读数所在日（上海时间）';
COMMENT ON COLUMN reading_alert.series IS '序列';
COMMENT ON COLUMN reading_alert.value IS '触发预警的读数';
COMMENT ON COLUMN reading_alert.threshold IS '阈值';
COMMENT ON COLUMN reading_alert.read_time IS '读数时间';
COMMENT ON COLUMN reading_alert.created_at IS '产生时间';
