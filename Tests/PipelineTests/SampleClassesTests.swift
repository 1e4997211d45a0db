import Pipeline
import Records
import Testing

@Suite("A sample's classes")
struct SampleClassesTests {
  private let names = [["red", "crimson"], ["blue"], ["green"]]

  private func reason(_ classes: SampleClasses, _ annotation: Annotation) -> String? {
    do throws(BadSample.Reason) {
      _ = try classes.classes(of: annotation)
      return nil
    } catch {
      return error.text
    }
  }

  @Test("are those of its labels that have a name, each once and ascending")
  func labels() throws {
    let classes = SampleClasses(names: names, byLabels: true)
    let found = try classes.classes(of: Annotation(labels: ["blue", "round", "red", "crimson"]))
    #expect(found == [0, 1])
    #expect(reason(classes, Annotation(labels: ["round"])) == "none of its labels names a class")
    #expect(reason(classes, Annotation(classIndex: 1)) == "no labels")
  }

  @Test("are its one class by number")
  func number() throws {
    let classes = SampleClasses(names: names, byLabels: false)
    #expect(try classes.classes(of: Annotation(labels: ["red"], classIndex: 2)) == [2])
    #expect(reason(classes, Annotation(labels: ["red"])) == "no class (KEY.cls)")
    #expect(reason(classes, Annotation(classIndex: 3)) == "class 3, but there are only 3")
  }
}
