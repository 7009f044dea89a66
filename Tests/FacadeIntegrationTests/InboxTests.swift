import Kernel
import Testing

@testable import Facade

@Suite struct InboxTests {
  /// Sends a notice in an action of its own.
  private func send(_ world: World, to person: PersonID, event: String, title: String = "标题") async throws {
    _ = try await world.haiju.act(as: .system("test")) { action in
      action.inbox.send(
        to: person, kind: .alert, title: title, body: "正文", link: "/readings", event: event)
    }
  }

  @Test("The same event is told once to a person, also when it is sent at the same moment")
  func onceAnEvent() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let sent = await concurrently(8) { _ in try await send(world, to: talent.person.id, event: "alert.1") }
      #expect(sent.failures.isEmpty)
      try await send(world, to: talent.person.id, event: "alert.2")
      #expect(try await world.haiju.inbox.list(as: talent.actor).items.count == 2)
      #expect(try await world.haiju.inbox.unreadCount(as: talent.actor) == 2)
    }
  }

  @Test("Reading a notice counts once and keeps its time; another person's notice is not there")
  func reading() async throws {
    try await World.with { world in
      let inbox = world.haiju.inbox
      let talent = try await world.registeredTalent()
      let stranger = try await world.registeredTalent()
      try await send(world, to: talent.person.id, event: "alert.1")
      let notice = try #require(try await inbox.list(as: talent.actor).items.first)
      #expect(notice.readAt == nil)
      #expect(await failure { try await inbox.markRead(notice.id, as: stranger.actor) } == .notFound(.notice))
      #expect(try await inbox.unreadCount(as: talent.actor) == 1)
      let first = try await inbox.markRead(notice.id, as: talent.actor).value
      world.clock.advance(.seconds(60))
      let second = try await inbox.markRead(notice.id, as: talent.actor).value
      #expect(first.readAt != nil && first.readAt == second.readAt)
      #expect(try await inbox.unreadCount(as: talent.actor) == 0)
      #expect(try await inbox.list(as: stranger.actor).items.isEmpty)
      #expect(await failure { try await inbox.list(as: world.officer) } == .forbidden(.noticeRead))
      #expect(try await world.audited(.noticeRead, .refused) == 2)
    }
  }

  @Test("Pages show every notice once, newest first; an over-long title is cut, not refused")
  func pages() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      for number in 0..<5 {
        try await send(
          world, to: talent.person.id, event: "e\(number)", title: "\(number)" + String(repeating: "长", count: 200))
        if number != 2 { world.clock.advance(.seconds(1)) }
      }
      var titles: [String] = []
      var request: PageRequest? = .first(2)
      while let page = request {
        let answer = try await world.haiju.inbox.list(page: page, as: talent.actor)
        titles += answer.items.map(\.title)
        request = answer.next.map { PageRequest(size: 2, after: $0) }
      }
      #expect(titles.count == 5 && Set(titles).count == 5)
      #expect(titles.first?.hasPrefix("4") == true && titles.last?.hasPrefix("0") == true)
      #expect(titles.allSatisfy { $0.count == 80 && $0.hasSuffix("…") })
    }
  }
}
