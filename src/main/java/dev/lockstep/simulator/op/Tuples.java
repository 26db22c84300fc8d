package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Loads and stores of two or four 4-byte elements a lane where the lanes' tuples follow each other:
 * one copy of the whole stretch, and a loop that deals it out to the registers.
 */
final class Tuples {
  private static final int LARGEST = 4;

  private Tuples() {}

  /** Whether so many elements a lane are loaded and stored like this. */
  static boolean fits(Element element, int count) {
    return element.bytes() == Integer.BYTES && (count == 2 || count == LARGEST);
  }

  /** Loads from {@code at} on in a segment; {@link #fits} the element. */
  static void load(Warp w, Element element, MemorySegment memory, long at, int[] d) {
    int count = LANES * d.length;
    if (element.file() == Slot.FLOATS) {
      float[] all = w.tupleFloats;
      MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, at, all, 0, count);
      if (d.length == 2) {
        deal(all, w.floats[d[0]], w.floats[d[1]]);
      } else {
        deal(all, w.floats[d[0]], w.floats[d[1]], w.floats[d[2]], w.floats[d[3]]);
      }
    } else {
      int[] all = w.tupleInts;
      MemorySegment.copy(memory, ValueLayout.JAVA_INT_UNALIGNED, at, all, 0, count);
      if (d.length == 2) {
        deal(all, w.ints[d[0]], w.ints[d[1]]);
      } else {
        deal(all, w.ints[d[0]], w.ints[d[1]], w.ints[d[2]], w.ints[d[3]]);
      }
    }
  }

  /** Stores from {@code at} on in a segment; {@link #fits} the element. */
  static void store(Warp w, Element element, MemorySegment memory, long at, int[] a) {
    int count = LANES * a.length;
    if (element.file() == Slot.FLOATS) {
      float[] all = w.tupleFloats;
      if (a.length == 2) {
        collect(all, w.floats[a[0]], w.floats[a[1]]);
      } else {
        collect(all, w.floats[a[0]], w.floats[a[1]], w.floats[a[2]], w.floats[a[3]]);
      }
      MemorySegment.copy(all, 0, memory, ValueLayout.JAVA_FLOAT_UNALIGNED, at, count);
    } else {
      int[] all = w.tupleInts;
      if (a.length == 2) {
        collect(all, w.ints[a[0]], w.ints[a[1]]);
      } else {
        collect(all, w.ints[a[0]], w.ints[a[1]], w.ints[a[2]], w.ints[a[3]]);
      }
      MemorySegment.copy(all, 0, memory, ValueLayout.JAVA_INT_UNALIGNED, at, count);
    }
  }

  private static void deal(float[] all, float[] x, float[] y) {
    for (int i = 0; i < LANES; i++) {
      x[i] = all[2 * i];
      y[i] = all[2 * i + 1];
    }
  }

  private static void deal(float[] all, float[] x, float[] y, float[] z, float[] u) {
    for (int i = 0; i < LANES; i++) {
      x[i] = all[4 * i];
      y[i] = all[4 * i + 1];
      z[i] = all[4 * i + 2];
      u[i] = all[4 * i + 3];
    }
  }

  private static void deal(int[] all, int[] x, int[] y) {
    for (int i = 0; i < LANES; i++) {
      x[i] = all[2 * i];
      y[i] = all[2 * i + 1];
    }
  }

  private static void deal(int[] all, int[] x, int[] y, int[] z, int[] u) {
    for (int i = 0; i < LANES; i++) {
      x[i] = all[4 * i];
      y[i] = all[4 * i + 1];
      z[i] = all[4 * i + 2];
      u[i] = all[4 * i + 3];
    }
  }

  private static void collect(float[] all, float[] x, float[] y) {
    for (int i = 0; i < LANES; i++) {
      all[2 * i] = x[i];
      all[2 * i + 1] = y[i];
    }
  }

  private static void collect(float[] all, float[] x, float[] y, float[] z, float[] u) {
    for (int i = 0; i < LANES; i++) {
      all[4 * i] = x[i];
      all[4 * i + 1] = y[i];
      all[4 * i + 2] = z[i];
      all[4 * i + 3] = u[i];
    }
  }

  private static void collect(int[] all, int[] x, int[] y) {
    for (int i = 0; i < LANES; i++) {
      all[2 * i] = x[i];
      all[2 * i + 1] = y[i];
    }
  }

  private static void collect(int[] all, int[] x, int[] y, int[] z, int[] u) {
    for (int i = 0; i < LANES; i++) {
      all[4 * i] = x[i];
      all[4 * i + 1] = y[i];
      all[4 * i + 2] = z[i];
      all[4 * i + 3] = u[i];
    }
  }
}
