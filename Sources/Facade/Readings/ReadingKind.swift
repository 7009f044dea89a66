/// What a person can measure; units and ranges are those of common home devices, thresholds are sample values.
public enum ReadingKind: String, Sendable, Codable, CaseIterable {
  case systolic
  case diastolic
  case heartRate = "heart_rate"
  case bloodGlucose = "blood_glucose"
  /// The raw signal of a pulse sensor, for trends and later analysis; it has no threshold.
  case pulseSignal = "pulse_signal"

  /// What people call it.
  public var title: String {
    switch self {
    case .systolic: "收缩压"
    case .diastolic: "舒张压"
    case .heartRate: "心率"
    case .bloodGlucose: "血糖"
    case .pulseSignal: "脉搏传感器原始信号"
    }
  }

  /// The unit, as written beside a value.
  public var unit: String {
    switch self {
    case .systolic, .diastolic: "mmHg"
    case .heartRate: "次/分"
    case .bloodGlucose: "mmol/L"
    case .pulseSignal: "采样值"
    }
  }

  /// What a device can show; a value outside is a mistake.
  public var range: ClosedRange<Double> {
    switch self {
    case .systolic: 40...300
    case .diastolic: 20...200
    case .heartRate: 20...300
    case .bloodGlucose: 0.5...50
    case .pulseSignal: 0...65_535
    }
  }

  /// What raises no alert (sample values); `nil` for kinds without a threshold.
  public var normal: ClosedRange<Double>? {
    switch self {
    case .systolic: 80...140
    case .diastolic: 50...90
    case .heartRate: 45...120
    case .bloodGlucose: 3.9...11.1
    case .pulseSignal: nil
    }
  }

  /// The rule that watches it. Both pressures share one, so that one measurement raises one alert.
  var rule: AlertRule? {
    switch self {
    case .systolic, .diastolic: .bloodPressure
    case .heartRate: .heartRate
    case .bloodGlucose: .bloodGlucose
    case .pulseSignal: nil
    }
  }
}

/// A rule that raises an alert, at most once a day (sample values).
public enum AlertRule: String, Sendable, Codable {
  case bloodPressure = "blood_pressure"
  case heartRate = "heart_rate"
  case bloodGlucose = "blood_glucose"

  /// What people call what it watches.
  public var title: String {
    switch self {
    case .bloodPressure: "血压"
    case .heartRate: "心率"
    case .bloodGlucose: "血糖"
    }
  }
}
