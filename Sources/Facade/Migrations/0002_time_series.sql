-- Readings: what is measured (series), the points (reading, one partition a month), and the points refused.

CREATE TABLE series (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject       uuid NOT NULL,
  kind          text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_.]{0,63}$'),
  unit          text NOT NULL CHECK (length(unit) BETWEEN 1 AND 32),
  lowest        double precision NOT NULL CHECK (lowest > '-Infinity' AND lowest < 'Infinity'),
  highest       double precision NOT NULL CHECK (highest > '-Infinity' AND highest < 'Infinity'),
  label         text NOT NULL CHECK (length(label) <= 120),
  registered_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT series_range CHECK (lowest <= highest),
  CONSTRAINT series_of_subject UNIQUE (subject, kind)
);
COMMENT ON TABLE series IS '时序登记表：每个对象的每种指标各一条，读数只按序列编号引用';
COMMENT ON COLUMN series.id IS '序列编号';
COMMENT ON COLUMN series.subject IS '被测对象编号：人员、设备、车辆或本系统自身';
COMMENT ON COLUMN series.kind IS '指标种类（英文代号），如 heart_rate 心率、blood_pressure.systolic 收缩压';
COMMENT ON COLUMN series.unit IS '计量单位，登记后不再变更，如 mmHg、次/分';
COMMENT ON COLUMN series.lowest IS '可接受的最小值（含），低于此值的读数转入隔离表';
COMMENT ON COLUMN series.highest IS '可接受的最大值（含），高于此值的读数转入隔离表';
COMMENT ON COLUMN series.label IS '显示名称';
COMMENT ON COLUMN series.registered_at IS '登记时间';

-- No foreign key to series: a row trigger for every point would cost more than the insert itself, and attaching a
-- partition would lock both tables. The program looks the series up before it writes; series are never deleted.
-- No default partition either: it would keep retention from detaching months without stopping writers.
CREATE TABLE reading (
  series   bigint NOT NULL,
  time     timestamptz NOT NULL,
  sequence bigint NOT NULL,
  value    double precision NOT NULL,
  CONSTRAINT reading_place PRIMARY KEY (series, time, sequence),
  -- NaN sorts above every number, so this refuses it too.
  CONSTRAINT reading_finite CHECK (value > '-Infinity' AND value < 'Infinity')
) PARTITION BY RANGE (time);
COMMENT ON TABLE reading IS '时序读数，按世界协调时的月份分区；同一序列、时间、源序号的读数只存一次';
COMMENT ON COLUMN reading.series IS '序列编号，见 series.id';
COMMENT ON COLUMN reading.time IS '测量时间';
COMMENT ON COLUMN reading.sequence IS '来源给出的序号，区分同一时刻的多个读数，重复上报时不变';
COMMENT ON COLUMN reading.value IS '读数，单位见 series.unit';

-- The value belongs to the key: what a source sends twice is kept once, what it sends differently is kept as well.
-- The time is a number because refused times may lie outside what timestamptz can hold.
CREATE TABLE series_quarantine (
  series            bigint NOT NULL REFERENCES series (id),
  time_microseconds bigint NOT NULL,
  sequence          bigint NOT NULL,
  value             double precision NOT NULL,
  reason            text NOT NULL
    CHECK (reason IN ('not_finite', 'out_of_range', 'too_early', 'too_far_ahead')),
  refused_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT series_quarantine_place PRIMARY KEY (series, time_microseconds, sequence, value, reason)
);
COMMENT ON TABLE series_quarantine IS '隔离的读数：不被接受的读数连同原因保留在此，重复上报不重复记录';
COMMENT ON COLUMN series_quarantine.series IS '序列编号，见 series.id';
COMMENT ON COLUMN series_quarantine.time_microseconds IS '来源给出的时间，1970-01-01 00:00:00 UTC 以来的微秒数';
COMMENT ON COLUMN series_quarantine.sequence IS '来源给出的序号';
COMMENT ON COLUMN series_quarantine.value IS '来源给出的读数，可能不是有限数';
COMMENT ON COLUMN series_quarantine.reason IS
  '原因：not_finite 不是有限数，out_of_range 超出序列范围，too_early 时间过早，too_far_ahead 时间超前';
COMMENT ON COLUMN series_quarantine.refused_at IS '首次隔离的时间';

-- Makes the partition of a month unless it is there; true when it was made.
--
-- Runs as the owner of the tables, so that the application role needs no right to create anything. CREATE …
-- PARTITION OF would stop every reader of the table; making the partition apart and attaching it only stops other
-- makers, who wait for this transaction and then find the partition. Names are built from a date alone.
CREATE FUNCTION reading_partition_ensure(month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  first_day date := make_date(extract(year FROM month)::integer, extract(month FROM month)::integer, 1);
  qualified text := 'public.reading_' || to_char(first_day, 'YYYY_MM');
BEGIN
  IF month IS NULL OR first_day < DATE '1970-01-01' OR first_day > current_date + 366 THEN
    RAISE EXCEPTION 'reading_partition_ensure: the month must lie between 1970-01 and one year from now'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- The catalogue functions below see the present state whatever the isolation level of the caller.
  IF pg_partition_root(to_regclass(qualified)) IS NOT DISTINCT FROM 'public.reading'::regclass THEN
    RETURN false;
  END IF;
  LOCK TABLE ONLY public.reading IN SHARE UPDATE EXCLUSIVE MODE;
  IF pg_partition_root(to_regclass(qualified)) IS NOT DISTINCT FROM 'public.reading'::regclass THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %s (LIKE public.reading INCLUDING ALL)', qualified);
  EXECUTE format('COMMENT ON TABLE %s IS %L', qualified,
    '时序读数，' || to_char(first_day, 'YYYY"年"MM"月"') || '（世界协调时）');
  EXECUTE format('ALTER TABLE public.reading ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', qualified,
    to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00',
    to_char(first_day + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
  RETURN true;
END $$;
COMMENT ON FUNCTION reading_partition_ensure(date) IS '确保某月的读数分区存在，新建时返回真；可重复、可并发调用';

REVOKE ALL ON FUNCTION reading_partition_ensure(date) FROM PUBLIC;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'haiju_app') THEN
    GRANT EXECUTE ON FUNCTION reading_partition_ensure(date) TO haiju_app;
  END IF;
END $$;
