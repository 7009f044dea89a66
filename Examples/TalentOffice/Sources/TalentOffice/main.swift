import Facade
import Foundation

// README begins
let haiju = try await Haiju.open(HaijuConfiguration(environment: ProcessInfo.processInfo.environment))
let visitor = Actor.anonymous(address: "127.0.0.1", trace: "example")
let employer = try await haiju.employers.list(as: visitor)[0]
let draft = PersonDraft(
  name: "李海", identityNumber: "11010519491231002X", phone: "13800000000", employer: employer.id,
  account: "lihai", password: "Sea-and-sky-9")
let registered = try await haiju.people.register(draft, as: visitor)
let token = try await haiju.accounts.signIn(name: "lihai", password: "Sea-and-sky-9", as: visitor).token
let me = try await haiju.accounts.actor(token: token, address: "127.0.0.1", trace: "example")
let dossier = try await haiju.dossiers.require(registered.value.person.id, atLeast: registered.mark, as: me)
for field in dossier.sections.flatMap(\.fields) { print(field.label, field.value, "来源：\(field.source)") }
// README ends

let open = try await haiju.services.list(ServiceQuery(onlyOpen: true), as: me)
print("可以享受的服务 \(open.total) 项")
guard dossier.revision > 0, open.total > 0 else { fatalError("the example found nothing") }
await haiju.close()
