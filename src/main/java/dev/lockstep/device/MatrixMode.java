package dev.lockstep.device;

/** How the simulator adds up in {@code mma} and {@code wmma}: NVIDIA documents no order. */
public enum MatrixMode {
  /** A chain of fused multiply-adds in fp32, k ascending: the fastest here. */
  FAST("fast"),

  /** As sm_80's tensor cores are modelled: see {@code simulator.intrinsic}. */
  SM_80("sm_80"),

  /** As sm_90's tensor cores are modelled. */
  SM_90("sm_90");

  private final String spelling;

  MatrixMode(String spelling) {
    this.spelling = spelling;
  }

  /**
   * {@code fast}, {@code sm_80} or {@code sm_90}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static MatrixMode parse(String text) {
    for (MatrixMode mode : values()) {
      if (mode.spelling.equals(text)) {
        return mode;
      }
    }
    throw new IllegalArgumentException("\"" + text + "\" must be fast, sm_80 or sm_90");
  }

  @Override
  public String toString() {
    return spelling;
  }
}
