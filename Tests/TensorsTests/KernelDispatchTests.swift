import CKernels
import Testing

@Suite("Dispatch")
struct KernelDispatchTests {
  @Test("the best table is the highest level that runs here")
  func best() {
    #expect(kernels_best() == kernels_level(KernelLevel.all.last!.index))
    #expect(KernelLevel.all.first!.index == Int32(KERNELS_BASELINE))
  }

  @Test("each level has its name, and there are no others")
  func names() {
    let names = ["baseline", "avx2", "avx512"]
    for level in KernelLevel.all { #expect(level.testDescription == names[Int(level.index)]) }
    #expect(kernels_level(-1) == nil && kernels_level(Int32(KERNELS_LEVELS)) == nil)
  }
}
