/// Names for generated people: common surnames and characters of given names, put together at random.
enum SampleNames {
  private static let surnames = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗",
    "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕",
    "苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜",
    "欧阳", "上官", "诸葛", "司马",
  ]
  private static let firstCharacters = [
    "文", "志", "建", "晓", "海", "明", "思", "雨", "子", "佳", "嘉", "宇", "浩", "俊", "欣", "梦", "雪", "春", "秋", "国",
    "立", "永", "书", "若", "天", "景", "家", "清", "云", "安", "一", "宏", "小", "诗", "亦", "星", "德", "振", "映", "静",
  ]
  private static let secondCharacters = [
    "华", "强", "敏", "杰", "涛", "婷", "辉", "磊", "洋", "勇", "艳", "娟", "军", "平", "刚", "桂", "琳", "颖", "宁", "涵",
    "轩", "怡", "博", "然", "航", "瑞", "琪", "楠", "凯", "鑫", "萱", "彤", "岚", "哲", "远", "君", "霖", "舟", "溪", "帆",
  ]

  /// A name; one in six has a given name of one character.
  static func make(using random: inout SplitMix64) -> String {
    let surname = random.pick(surnames)
    let given = random.happens(17) ? "" : random.pick(firstCharacters)
    return surname + given + random.pick(secondCharacters)
  }

  /// Jobs that fit a degree.
  static func job(_ degree: Degree, using random: inout SplitMix64) -> String {
    switch degree {
    case .doctor: random.pick(["首席科学家", "高级研究员", "算法专家", "研发总监"])
    case .master: random.pick(["算法工程师", "高级工程师", "产品经理", "项目主管"])
    case .bachelor: random.pick(["软件工程师", "工艺工程师", "市场专员", "财务主管", "教师"])
    case .other: random.pick(["高级技工", "数控操作员", "仓储主管", "设计师"])
    }
  }
}
