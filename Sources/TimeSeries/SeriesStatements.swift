import Relational

/// Every statement of this module. The tests prepare each of them against the migrated tables.
enum SeriesStatements {
  // MARK: Registry

  /// The series of a subject and kind. Index `series_of_subject`.
  static let find = Statement<RegisteredSeries>(
    "series.find", lane: .shared,
    """
    SELECT id, unit
      FROM series
     WHERE subject = $1 AND kind = $2
    """)

  /// What is registered under a number. Primary key.
  static let definition = Statement<SeriesDefinition>(
    "series.definition", lane: .shared,
    """
    SELECT subject, kind, unit, lowest, highest, label
      FROM series
     WHERE id = $1
    """)

  /// Registers a series unless there is one; no row when there is, also when another session was just faster.
  static let register = Statement<SeriesID>(
    "series.register",
    """
    INSERT INTO series (subject, kind, unit, lowest, highest, label)
    VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT series_of_subject DO NOTHING
    RETURNING id
    """)

  // MARK: Writing

  /// Makes the partitions of months that have none yet; the caller gives the months in order.
  static let ensurePartitions = Statement<Bool>(
    "reading.ensurePartitions",
    """
    SELECT reading_partition_ensure(month)
      FROM unnest($1::date[]) AS month
    """)

  /// Few points in one round trip. In order of the key, so that two writers of the same points cannot block each other
  /// in a circle; the value decides last, so that the same points always leave the same one of two that collide.
  static let insertFew = Statement<NoRow>(
    "reading.insertFew",
    """
    INSERT INTO reading (series, time, sequence, value)
    SELECT $1, given.time, given.sequence, given.value
      FROM unnest($2::timestamptz[], $3::bigint[], $4::double precision[]) AS given (time, sequence, value)
     ORDER BY given.time, given.sequence, given.value
        ON CONFLICT (series, time, sequence) DO NOTHING
    """)

  /// Whether this session has its staging table.
  static let stagingExists = Statement<Bool>(
    "reading.stagingExists", "SELECT to_regclass('pg_temp.reading_staging') IS NOT NULL")

  /// The staging table of the session. It stays for the next write: a new one each time would bloat the catalogue.
  static let stagingCreate = Statement<NoRow>(
    "reading.stagingCreate",
    """
    CREATE TEMPORARY TABLE reading_staging (
      time     timestamptz NOT NULL,
      sequence bigint NOT NULL,
      value    double precision NOT NULL
    ) ON COMMIT DELETE ROWS
    """)

  /// Empties it: an earlier write of the same transaction may have left its points.
  static let stagingClear = Statement<NoRow>("reading.stagingClear", "TRUNCATE pg_temp.reading_staging")

  /// Many points, to be moved on by `insertStaged`.
  static let stage = CopyStatement(
    "reading.stage", table: "pg_temp.reading_staging", columns: ["time", "sequence", "value"])

  /// From staging to where points live; the order as in `insertFew`.
  static let insertStaged = Statement<NoRow>(
    "reading.insertStaged",
    """
    INSERT INTO reading (series, time, sequence, value)
    SELECT $1, given.time, given.sequence, given.value
      FROM pg_temp.reading_staging AS given
     ORDER BY given.time, given.sequence, given.value
        ON CONFLICT (series, time, sequence) DO NOTHING
    """)

  /// Keeps refused points aside, each once.
  static let refuse = Statement<NoRow>(
    "series.refuse",
    """
    INSERT INTO series_quarantine (series, time_microseconds, sequence, value, reason)
    SELECT $1, given.time, given.sequence, given.value, given.reason
      FROM unnest($2::bigint[], $3::bigint[], $4::double precision[], $5::text[])
        AS given (time, sequence, value, reason)
     ORDER BY given.time, given.sequence, given.value, given.reason
        ON CONFLICT ON CONSTRAINT series_quarantine_place DO NOTHING
    """)

  // MARK: Reading

  /// Points of a range in order. Primary key, only the partitions that the range touches.
  static let range = Statement<Point>(
    "reading.range",
    """
    SELECT time, sequence, value
      FROM reading
     WHERE series = $1 AND time >= $2 AND time < $3
     ORDER BY time, sequence
     LIMIT $4
    """)

  /// The page after a point.
  static let rangeAfter = Statement<Point>(
    "reading.rangeAfter",
    """
    SELECT time, sequence, value
      FROM reading
     WHERE series = $1 AND time >= $2 AND time < $3 AND (time, sequence) > ($4, $5)
     ORDER BY time, sequence
     LIMIT $6
    """)

  /// The newest point of each series. A lateral look-up reads one index entry a series; DISTINCT ON would read all.
  static let latest = Statement<LatestPoint>(
    "reading.latest", lane: .shared,
    """
    SELECT wanted.series, newest.time, newest.sequence, newest.value
      FROM unnest($1::bigint[]) AS wanted (series)
     CROSS JOIN LATERAL (
           SELECT time, sequence, value
             FROM reading
            WHERE reading.series = wanted.series
            ORDER BY time DESC, sequence DESC
            LIMIT 1) AS newest
    """)

  /// Refused points of a series, the newest refusals first.
  static let quarantined = Statement<RefusedPoint>(
    "series.quarantined",
    """
    SELECT time_microseconds, sequence, value, reason, refused_at
      FROM series_quarantine
     WHERE series = $1
     ORDER BY refused_at DESC, time_microseconds DESC, sequence DESC
     LIMIT $2
    """)

  /// Buckets of a fixed width in microseconds, counted from 1970 in UTC.
  ///
  /// Grouping gets its rows in order of time, so sums are added up in that order and come out the same to the last bit
  /// however the points arrived. First and last values are two index look-ups a bucket.
  static let buckets = Statement<Bucket>(
    "reading.buckets",
    """
    WITH grouped AS (
      SELECT start, count(*) AS points, sum(value) AS total, min(value) AS lowest, max(value) AS highest,
             min(time) AS opens, max(time) AS closes
        FROM (SELECT date_bin($4::bigint * interval '1 microsecond', time,
                              timestamptz '1970-01-01 00:00:00+00') AS start, time, value
                FROM reading
               WHERE series = $1 AND time >= $2 AND time < $3
               ORDER BY 1, time, sequence) AS sorted
       GROUP BY start)
    SELECT grouped.start, grouped.points, grouped.total, grouped.lowest, grouped.highest, opening.value, closing.value
      FROM grouped
     \(bothEnds)
     ORDER BY grouped.start
    """)

  /// Buckets of the calendar in a time zone.
  ///
  /// Points are grouped by the date on the wall, not by an instant: a midnight that comes twice must not split a day.
  /// The first of the two is then looked for in steps of a quarter of an hour; where a zone skips midnight, the day
  /// begins right after the gap.
  static let civilBuckets = Statement<CivilBucket>(
    "reading.civilBuckets",
    """
    WITH grouped AS (
      SELECT wall, count(*) AS points, sum(value) AS total, min(value) AS lowest, max(value) AS highest,
             min(time) AS opens, max(time) AS closes
        FROM (SELECT date_trunc($4, time AT TIME ZONE $5) AS wall, time, value
                FROM reading
               WHERE series = $1 AND time >= $2 AND time < $3
               ORDER BY 1, time, sequence) AS sorted
       GROUP BY wall)
    SELECT grouped.wall::date, coalesce(midnight.start, grouped.wall AT TIME ZONE $5),
           grouped.points, grouped.total, grouped.lowest, grouped.highest, opening.value, closing.value
      FROM grouped
     CROSS JOIN LATERAL (
           SELECT min(tried.start) AS start
             FROM generate_series(0, 12) AS quarters
            CROSS JOIN LATERAL (
                  SELECT (grouped.wall AT TIME ZONE $5) - quarters * interval '15 minutes') AS tried (start)
            WHERE tried.start AT TIME ZONE $5 = grouped.wall) AS midnight
     \(bothEnds)
     ORDER BY grouped.wall
    """)

  /// The first and the last value of a group. The range is said again so that other partitions drop out of the plan.
  private static let bothEnds = """
    CROSS JOIN LATERAL (
           SELECT value FROM reading
            WHERE series = $1 AND time = grouped.opens AND time >= $2 AND time < $3
            ORDER BY sequence LIMIT 1) AS opening
     CROSS JOIN LATERAL (
           SELECT value FROM reading
            WHERE series = $1 AND time = grouped.closes AND time >= $2 AND time < $3
            ORDER BY sequence DESC LIMIT 1) AS closing
    """

  /// Name and text of all of them, for tests and for the statement dictionary.
  static let all: [(name: String, sql: String)] = [
    entry(find), entry(definition), entry(register), entry(ensurePartitions), entry(insertFew), entry(stagingExists),
    entry(stagingCreate), entry(stagingClear), entry(insertStaged), entry(refuse), entry(range), entry(rangeAfter),
    entry(latest), entry(quarantined), entry(buckets), entry(civilBuckets),
  ]

  private static func entry<Row>(_ statement: Statement<Row>) -> (name: String, sql: String) {
    (statement.name, statement.sql)
  }
}
