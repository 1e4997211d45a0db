import TensorBoard
import Testing

@Suite("Markdown")
struct MarkdownTests {
  @Test("a table's cell keeps nothing that Markdown or HTML would read")
  func cells() {
    let table = Markdown.table(["a", "b"], [["x|y\n<b>", #"_1_ *2* `3` [4] \5 & é"#]])
    #expect(
      table == """
        | a | b |
        | --- | --- |
        | x\\|y &lt;b&gt; | \\_1\\_ \\*2\\* \\`3\\` \\[4\\] \\\\5 &amp; é |
        """)
  }

  @Test("code is set off line by line, empty ones too")
  func code() {
    #expect(Markdown.code("a: 1\n\n- <b>") == "    a: 1\n    \n    - <b>")
  }
}
