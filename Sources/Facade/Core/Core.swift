import Cache
import Documents
import GMCrypto
import Kernel
import Logging
import Relational
import TimeSeries

/// What all repositories share: the stores, the keys, the clock, the log.
struct Core: Sendable {
  let database: Database
  let documents: DocumentStore
  let cache: Cache?
  let series: SeriesStore
  let keys: KeyRing
  let cipher: FieldCipher
  let blindIndex: BlindIndex
  let clock: any WallClock
  let logger: Logger
  let passwordRounds: Int?
  let dossierStore: DossierStore
  let projector: Projector
  let catalogue: Catalogue

  static func open(_ configuration: HaijuConfiguration) async throws(HaijuError) -> Core {
    do {
      let keys = try KeyRing.load(file: configuration.keyFile, provider: try OpenSSLProvider())
      let database = try await Database.open(
        RelationalConfiguration(
          uri: configuration.relational, poolSize: configuration.poolSize, applicationName: "haiju",
          logger: configuration.logger))
      let documents = try await DocumentStore.open(
        DocumentConfiguration(
          uri: configuration.documents, database: configuration.documentDatabase,
          workers: configuration.documentWorkers,
          logger: configuration.logger))
      let cache = configuration.cache.map { Cache.open(uri: $0, logger: configuration.logger) }
      let admission = AdmissionPolicy(earliest: ReadingActions.earliest)
      let series = SeriesStore(database, policy: admission, clock: configuration.clock)
      let dossierStore = DossierStore(documents: documents, cache: cache)
      return Core(
        database: database, documents: documents, cache: cache, series: series, keys: keys,
        cipher: keys.fieldCipher("personal"), blindIndex: keys.blindIndex("personal"), clock: configuration.clock,
        logger: configuration.logger, passwordRounds: configuration.passwordRounds, dossierStore: dossierStore,
        projector: Projector(database: database, store: dossierStore, logger: configuration.logger),
        catalogue: Catalogue(database: database))
    } catch {
      throw HaijuError(error, logger: configuration.logger)
    }
  }

  func close() async {
    await projector.stop()
    await cache?.close()
    await documents.close()
    await database.close()
  }

  /// The keyed fingerprint under which an identity number or a phone is found without being readable.
  func index(_ normalized: String, _ purpose: String) -> [UInt8] {
    blindIndex.token(normalized, purpose: purpose)
  }
}
