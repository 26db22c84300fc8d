package dev.lockstep.simulator.execution;

import dev.lockstep.device.Dim3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Fills literals and special registers of a block's warps, and zeroes what must start as zero. */
final class SpecialRegisterFile {
  private final RegisterFile file;
  private final Warp[] warps;

  SpecialRegisterFile(RegisterFile file, Warp[] warps, Dim3 shape, int sharedBytes) {
    this.file = file;
    this.warps = warps;
    for (Warp w : warps) {
      literals(w);
      for (RegisterFile.SpecialValue value : file.specials()) {
        int[] lanes = w.ints[value.register()];
        for (int lane = 0; lane < Warp.LANES; lane++) {
          lanes[lane] = perThread(value.special(), w.index, lane, shape, sharedBytes);
        }
      }
    }
  }

  /** What differs from launch to launch. */
  void startLaunch(Dim3 grid, MemorySegment arguments) {
    for (Warp w : warps) {
      for (RegisterFile.SpecialValue value : file.specials()) {
        int[] lanes = w.ints[value.register()];
        switch (value.special()) {
          case NCTAID_X -> Arrays.fill(lanes, grid.x());
          case NCTAID_Y -> Arrays.fill(lanes, grid.y());
          case NCTAID_Z -> Arrays.fill(lanes, grid.z());
          default -> {}
        }
      }
      for (RegisterFile.ParameterValue value : file.parameters()) {
        parameter(w, value, arguments);
      }
    }
  }

  private static void parameter(
      Warp w, RegisterFile.ParameterValue value, MemorySegment arguments) {
    long at = value.offset();
    int register = value.register();
    switch (value.file()) {
      case Slot.FLOATS ->
          Arrays.fill(w.floats[register], arguments.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
      case Slot.INTS ->
          Arrays.fill(w.ints[register], arguments.get(ValueLayout.JAVA_INT_UNALIGNED, at));
      case Slot.LONGS ->
          Arrays.fill(w.longs[register], arguments.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
      default ->
          Arrays.fill(w.doubles[register], arguments.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at));
    }
  }

  /** What differs from block to block. */
  void startBlock(Dim3 block) {
    for (Warp w : warps) {
      for (RegisterFile.SpecialValue value : file.specials()) {
        switch (value.special()) {
          case CTAID_X -> Arrays.fill(w.ints[value.register()], block.x());
          case CTAID_Y -> Arrays.fill(w.ints[value.register()], block.y());
          case CTAID_Z -> Arrays.fill(w.ints[value.register()], block.z());
          default -> {}
        }
      }
      zero(w);
    }
  }

  private void zero(Warp w) {
    RegisterFile.Zeroed zeroed = file.zeroed();
    for (int register : zeroed.floats()) {
      Arrays.fill(w.floats[register], 0);
    }
    for (int register : zeroed.ints()) {
      Arrays.fill(w.ints[register], 0);
    }
    for (int register : zeroed.longs()) {
      Arrays.fill(w.longs[register], 0);
    }
    for (int register : zeroed.doubles()) {
      Arrays.fill(w.doubles[register], 0);
    }
    for (int register : zeroed.predicates()) {
      w.predicates[register] = 0;
    }
  }

  private void literals(Warp w) {
    for (RegisterFile.FloatConstant constant : file.floatConstants()) {
      Arrays.fill(w.floats[constant.register()], constant.value());
    }
    for (RegisterFile.IntConstant constant : file.intConstants()) {
      Arrays.fill(w.ints[constant.register()], constant.value());
    }
    for (RegisterFile.LongConstant constant : file.longConstants()) {
      Arrays.fill(w.longs[constant.register()], constant.value());
    }
    for (RegisterFile.DoubleConstant constant : file.doubleConstants()) {
      Arrays.fill(w.doubles[constant.register()], constant.value());
    }
  }

  private int perThread(
      RegisterFile.Special special, int warp, int lane, Dim3 shape, int sharedBytes) {
    int thread = warp * Warp.LANES + lane;
    return switch (special) {
      case TID_X -> thread % shape.x();
      case TID_Y -> thread / shape.x() % shape.y();
      case TID_Z -> thread / (shape.x() * shape.y());
      case NTID_X -> shape.x();
      case NTID_Y -> shape.y();
      case NTID_Z -> shape.z();
      case LANEID -> lane;
      case WARPID -> warp;
      case NWARPID -> warps.length;
      case SMID -> 0;
      case NSMID -> 1;
      case LANEMASK_EQ -> 1 << lane;
      case LANEMASK_LE -> -1 >>> (31 - lane);
      case LANEMASK_LT -> (1 << lane) - 1;
      case LANEMASK_GE -> -1 << lane;
      case LANEMASK_GT -> lane == 31 ? 0 : -1 << (lane + 1);
      case DYNAMIC_SMEM_SIZE, TOTAL_SMEM_SIZE -> sharedBytes;
      case CTAID_X, CTAID_Y, CTAID_Z, NCTAID_X, NCTAID_Y, NCTAID_Z -> 0;
    };
  }
}
