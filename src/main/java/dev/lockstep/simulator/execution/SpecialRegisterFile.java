package dev.lockstep.simulator.execution;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.GpuModel;
import dev.lockstep.simulator.execution.RegisterFile.Special;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The registers of a block's warps that no instruction writes, filled when they change: literals
 * and thread numbers once, parameters with each launch, the block's place with each block. Also
 * zeroes, before each block, the registers that must start as zero.
 */
final class SpecialRegisterFile {
  private static final List<Special> PLACE =
      List.of(Special.CTAID_X, Special.CTAID_Y, Special.CTAID_Z);
  private static final List<Special> EXTENT =
      List.of(Special.NCTAID_X, Special.NCTAID_Y, Special.NCTAID_Z);

  private static final int RESERVED_BYTES = 1024;

  private final RegisterFile file;
  private final Warp[] warps;
  private final Dim3 shape;
  private final GpuModel gpu;
  private final int sharedBytes;
  private final int dynamicSharedBytes;

  /** The int register that holds {@code %smid}, or −1. */
  private int multiprocessor = -1;

  /** Int registers that hold the place's x, y and z, or −1; and the grid's extents. */
  private final int[] place = new int[3];

  private final int[] extent = new int[3];
  private final int[] zeroFloats;
  private final int[] zeroInts;
  private final int[] zeroLongs;
  private final int[] zeroDoubles;
  private final int[] zeroPredicates;

  SpecialRegisterFile(
      RegisterFile file,
      Warp[] warps,
      Dim3 shape,
      GpuModel gpu,
      int sharedBytes,
      int dynamicSharedBytes) {
    this.gpu = gpu;
    this.shape = shape;
    this.sharedBytes = sharedBytes;
    this.dynamicSharedBytes = dynamicSharedBytes;
    this.file = file;
    this.warps = warps;
    this.zeroFloats = array(file.zeroed().floats());
    this.zeroInts = array(file.zeroed().ints());
    this.zeroLongs = array(file.zeroed().longs());
    this.zeroDoubles = array(file.zeroed().doubles());
    this.zeroPredicates = array(file.zeroed().predicates());
    Arrays.fill(place, -1);
    Arrays.fill(extent, -1);
    for (RegisterFile.SpecialValue value : file.specials()) {
      if (PLACE.contains(value.special())) {
        place[PLACE.indexOf(value.special())] = value.register();
      } else if (EXTENT.contains(value.special())) {
        extent[EXTENT.indexOf(value.special())] = value.register();
      } else if (value.special() == Special.SMID) {
        multiprocessor = value.register();
      }
    }
    for (Warp w : warps) {
      literals(w);
      for (RegisterFile.SpecialValue value : file.specials()) {
        int[] lanes = w.ints[value.register()];
        for (int lane = 0; lane < Warp.LANES; lane++) {
          lanes[lane] = perThread(value.special(), w.index, lane);
        }
      }
    }
  }

  /** What differs from launch to launch. */
  void startLaunch(Dim3 grid, MemorySegment arguments) {
    for (Warp w : warps) {
      fill(w, extent, grid);
      for (RegisterFile.ParameterValue value : file.parameters()) {
        parameter(w, value, arguments);
      }
    }
  }

  /**
   * What differs from block to block.
   *
   * @param number the block's place in the grid: multiprocessors get blocks in turn
   */
  void startBlock(Dim3 block, long number) {
    for (Warp w : warps) {
      fill(w, place, block);
      if (multiprocessor >= 0) {
        Arrays.fill(w.ints[multiprocessor], (int) (number % gpu.multiprocessors()));
      }
      zero(w);
    }
  }

  private static void fill(Warp w, int[] registers, Dim3 value) {
    if (registers[0] >= 0) {
      Arrays.fill(w.ints[registers[0]], value.x());
    }
    if (registers[1] >= 0) {
      Arrays.fill(w.ints[registers[1]], value.y());
    }
    if (registers[2] >= 0) {
      Arrays.fill(w.ints[registers[2]], value.z());
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

  private void zero(Warp w) {
    for (int register : zeroFloats) {
      Arrays.fill(w.floats[register], 0);
    }
    for (int register : zeroInts) {
      Arrays.fill(w.ints[register], 0);
    }
    for (int register : zeroLongs) {
      Arrays.fill(w.longs[register], 0);
    }
    for (int register : zeroDoubles) {
      Arrays.fill(w.doubles[register], 0);
    }
    for (int register : zeroPredicates) {
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

  private int perThread(Special special, int warp, int lane) {
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
      case NSMID -> gpu.multiprocessors();
      case LANEMASK_EQ -> 1 << lane;
      case LANEMASK_LE -> -1 >>> (31 - lane);
      case LANEMASK_LT -> (1 << lane) - 1;
      case LANEMASK_GE -> -1 << lane;
      case LANEMASK_GT -> lane == 31 ? 0 : -1 << (lane + 1);
      case TOTAL_SMEM_SIZE -> allocatedSharedBytes();
      case AGGR_SMEM_SIZE -> allocatedSharedBytes() + gpu.capability().reservedSharedBytes();
      case DYNAMIC_SMEM_SIZE -> dynamicSharedBytes;
      case RESERVED_SMEM_OFFSET_BEGIN, RESERVED_SMEM_OFFSET_0, RESERVED_SMEM_OFFSET_1 ->
          reservedFrom(sharedBytes);
      case RESERVED_SMEM_OFFSET_END, RESERVED_SMEM_OFFSET_CAP ->
          reservedFrom(sharedBytes) + RESERVED_BYTES;
      case CTAID_X, CTAID_Y, CTAID_Z, NCTAID_X, NCTAID_Y, NCTAID_Z, SMID -> 0;
    };
  }

  /**
   * Bytes of shared memory that a block of a kernel has beside its own: what the system keeps for
   * itself, which libraries of NVIDIA use, such as cooperative groups. Here it lies behind.
   */
  static int reservedBytes(RegisterFile file, int sharedBytes) {
    boolean used = file.specials().stream().anyMatch(value -> value.special().isOfReserved());
    return used ? reservedFrom(sharedBytes) + RESERVED_BYTES - sharedBytes : 0;
  }

  private static int reservedFrom(int sharedBytes) {
    return (sharedBytes + 127) & -128;
  }

  /** Shared memory is handed out in pieces of 128 bytes, before compute capability 8.0 of 256. */
  private int allocatedSharedBytes() {
    int unit = gpu.capability().major() >= 8 ? 128 : 256;
    return (sharedBytes + unit - 1) & -unit;
  }

  private static int[] array(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
