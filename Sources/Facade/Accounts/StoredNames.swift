public import Relational

// Enumerations that PostgreSQL keeps as the text of their raw value; a CHECK of each column names the same values.
extension Role: SQLTextEnum {}
extension District: SQLTextEnum {}
extension Degree: SQLTextEnum {}
extension RegistrationState: SQLTextEnum {}
extension TalentLevel: SQLTextEnum {}
