/// How a resized pixel is computed from its neighbours. Both kernels are widened to reduce a
/// picture.
public enum Interpolation: String, Sendable, Codable, CaseIterable {
  case bilinear
  /// Keys' cubic with a = -0.5, as in Pillow.
  case bicubic

  /// Half the width of the kernel, in pixels of the coarser grid.
  var support: Double { self == .bicubic ? 2 : 1 }

  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}
