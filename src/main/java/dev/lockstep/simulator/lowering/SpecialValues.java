package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.execution.RegisterFile.Special;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Clock;
import dev.lockstep.simulator.op.ConversionLanes;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads of special registers (PTX ISA 10). */
final class SpecialValues {
  private SpecialValues() {}

  static Slot<int[]> ints(Emitter e, String name) {
    if (isClock(name)) {
      Slot<int[]> half = e.registers.temporaryInt();
      if (name.endsWith("_hi")) {
        e.emit(ConversionLanes::highInt, half, clock(e, name));
      } else {
        e.emit(ConversionLanes::longToInt, half, clock(e, name));
      }
      return half;
    }
    Integer constant = constant(name);
    return constant != null ? e.registers.constant(constant) : e.registers.special(named(name));
  }

  static Slot<long[]> longs(Emitter e, String name) {
    if (isClock(name)) {
      return clock(e, name);
    }
    Slot<long[]> wide = e.registers.temporaryLong();
    e.emit(ConversionLanes::unsignedToLong, wide, ints(e, name));
    return wide;
  }

  /** {@code %tid} and its like as a whole: x, y, z and nothing. */
  static List<Slot<int[]>> vector(Emitter e, String name) {
    return List.of(
        ints(e, name + ".x"), ints(e, name + ".y"), ints(e, name + ".z"), e.registers.constant(0));
  }

  static boolean isVector(String name) {
    return name.endsWith("tid") || name.endsWith("ctaid") || name.endsWith("clusterid");
  }

  private static Slot<long[]> clock(Emitter e, String name) {
    Slot<long[]> now = e.registers.temporaryLong();
    e.emit(new Clock(name.startsWith("%globaltimer"), now));
    return now;
  }

  /**
   * What is the same in every launch here: vectors have no fourth element, a grid has no clusters
   * but its blocks, is no part of a graph, and nothing is measured in hardware. Null for what is
   * not.
   */
  private static @Nullable Integer constant(String name) {
    return switch (name) {
      case "%cluster_nctarank",
          "%cluster_nctaid.x",
          "%cluster_nctaid.y",
          "%cluster_nctaid.z",
          "%gridid" ->
          1;
      case "%cluster_ctarank",
          "%cluster_ctaid.x",
          "%cluster_ctaid.y",
          "%cluster_ctaid.z",
          "%current_graph_exec" ->
          0;
      case "%envreg1" -> (int) (Windows.SYSTEM >>> 32);
      case "%envreg2" -> (int) Windows.SYSTEM;
      default ->
          name.endsWith(".w") || name.startsWith("%envreg") || name.startsWith("%pm")
              ? Integer.valueOf(0)
              : null;
    };
  }

  /** Whether it is a register of its own that keeps its value while a block runs. */
  static boolean isFixed(String name) {
    return !isClock(name) && !isVector(name) && constant(name) == null;
  }

  /**
   * Whether it holds a part of the address of what the driver keeps for a grid whose blocks meet.
   */
  static boolean isWorkspace(String name) {
    return name.equals("%envreg1") || name.equals("%envreg2");
  }

  /** Whether it is another every time it is read. */
  static boolean isClock(String name) {
    return name.startsWith("%clock") || name.startsWith("%globaltimer");
  }

  static Special named(String name) {
    // Every block is a cluster: clusters are numbered as blocks are.
    String own = name.replace("%clusterid", "%ctaid").replace("%nclusterid", "%nctaid");
    String constant = own.substring(1).replace('.', '_').toUpperCase(Locale.ROOT);
    for (Special special : Special.values()) {
      if (special.name().equals(constant)) {
        return special;
      }
    }
    throw new Unsupported("special register " + name);
  }
}
