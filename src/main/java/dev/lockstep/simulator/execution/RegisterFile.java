package dev.lockstep.simulator.execution;

import java.util.List;

/**
 * How many registers of each class a kernel needs, and what they hold from the start. Literals and
 * special registers are registers too: filled once and only read, so that every operand of an
 * {@link Op} is a register number.
 *
 * @param zeroed registers that might be read before they are written; they start every block as 0
 */
public record RegisterFile(
    int floats,
    int ints,
    int longs,
    int doubles,
    int predicates,
    List<FloatConstant> floatConstants,
    List<IntConstant> intConstants,
    List<LongConstant> longConstants,
    List<DoubleConstant> doubleConstants,
    List<SpecialValue> specials,
    List<ParameterValue> parameters,
    Zeroed zeroed) {

  /** A literal in a float register. */
  public record FloatConstant(int register, float value) {}

  /** A literal in an int register. */
  public record IntConstant(int register, int value) {}

  /** A literal in a long register. */
  public record LongConstant(int register, long value) {}

  /** A literal in a double register. */
  public record DoubleConstant(int register, double value) {}

  /** A special register kept in an int register. */
  public record SpecialValue(Special special, int register) {}

  /** A parameter kept in a register of a file, as wide as that file's registers. */
  public record ParameterValue(int file, int register, long offset) {}

  /** Registers by class that start every block as zero. */
  public record Zeroed(
      List<Integer> floats,
      List<Integer> ints,
      List<Integer> longs,
      List<Integer> doubles,
      List<Integer> predicates) {}

  /** Special registers whose value stays the same while a block runs. */
  public enum Special {
    TID_X,
    TID_Y,
    TID_Z,
    NTID_X,
    NTID_Y,
    NTID_Z,
    CTAID_X,
    CTAID_Y,
    CTAID_Z,
    NCTAID_X,
    NCTAID_Y,
    NCTAID_Z,
    LANEID,
    WARPID,
    NWARPID,
    SMID,
    NSMID,
    LANEMASK_EQ,
    LANEMASK_LE,
    LANEMASK_LT,
    LANEMASK_GE,
    LANEMASK_GT,
    DYNAMIC_SMEM_SIZE,
    TOTAL_SMEM_SIZE,
    AGGR_SMEM_SIZE,
    RESERVED_SMEM_OFFSET_BEGIN,
    RESERVED_SMEM_OFFSET_END,
    RESERVED_SMEM_OFFSET_CAP,
    RESERVED_SMEM_OFFSET_0,
    RESERVED_SMEM_OFFSET_1;

    /** Whether it tells where the shared memory lies that the system keeps for itself. */
    boolean isOfReserved() {
      return compareTo(RESERVED_SMEM_OFFSET_BEGIN) >= 0;
    }

    /** Whether it is the same for each block of a launch. */
    public boolean isSameForBlocks() {
      return switch (this) {
        case CTAID_X, CTAID_Y, CTAID_Z, SMID -> false;
        default -> true;
      };
    }

    /** Whether it is the same in all lanes of a warp. */
    public boolean isUniform() {
      return switch (this) {
        case TID_X,
            TID_Y,
            TID_Z,
            LANEID,
            LANEMASK_EQ,
            LANEMASK_LE,
            LANEMASK_LT,
            LANEMASK_GE,
            LANEMASK_GT ->
            false;
        default -> true;
      };
    }
  }
}
