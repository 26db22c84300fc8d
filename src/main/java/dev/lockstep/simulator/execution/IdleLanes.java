package dev.lockstep.simulator.execution;

/**
 * Keeps what idle lanes hold while all lanes of some registers are computed, which costs less than
 * to compute the active ones alone. One for all warps of a block, as they take turns.
 */
public final class IdleLanes {
  /** Registers of one kind that can be kept at once. */
  public static final int MOST = 32;

  private final Object[][] kept = {
    new float[MOST][Warp.LANES],
    new int[MOST][Warp.LANES],
    new long[MOST][Warp.LANES],
    new double[MOST][Warp.LANES]
  };
  private final int[] predicates = new int[MOST];

  /**
   * Notes what registers hold.
   *
   * @param registers by {@link Slot#file}, predicates behind these
   */
  public void keep(Warp w, int[][] registers) {
    for (int file = 0; file < kept.length; file++) {
      int[] here = registers[file];
      for (int i = 0; i < here.length; i++) {
        System.arraycopy(w.files[file][here[i]], 0, kept[file][i], 0, Warp.LANES);
      }
    }
    int[] here = registers[kept.length];
    for (int i = 0; i < here.length; i++) {
      predicates[i] = w.predicates[here[i]];
    }
  }

  /** Gives lanes that are not active what they had. */
  public void giveBack(Warp w, int[][] registers) {
    int idle = ~w.mask;
    for (int file = 0; file < kept.length; file++) {
      int[] here = registers[file];
      for (int i = 0; i < here.length; i++) {
        Masked.copy(file, kept[file][i], w.files[file][here[i]], idle);
      }
    }
    int[] here = registers[kept.length];
    for (int i = 0; i < here.length; i++) {
      int register = here[i];
      w.predicates[register] = w.predicates[register] & w.mask | predicates[i] & idle;
    }
  }
}
