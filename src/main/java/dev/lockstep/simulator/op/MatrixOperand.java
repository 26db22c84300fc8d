package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.Conversions;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.intrinsic.MatrixElement;

/**
 * A matrix in the registers of a warp.
 *
 * @param element f32 lies in {@link Slot#FLOATS}, f64 in {@link Slot#DOUBLES}, all else packed in
 *     {@link Slot#INTS}
 * @param registers those of the fragment; any more are copies
 */
@SuppressWarnings("ArrayRecordComponent") // Read for every instruction executed, never compared.
public record MatrixOperand(MatrixElement element, Fragment fragment, int[] registers) {
  /** Unpacks floats. */
  void load(Warp w, float[] to) {
    for (int r = 0; r < fragment.registers(); r++) {
      if (element == MatrixElement.F32) {
        float[] register = w.floats[registers[r]];
        int index = fragment.index(r, 0);
        for (int lane = 0; lane < LANES; lane++) {
          to[fragment.place(index + lane)] = register[lane];
        }
        continue;
      }
      int[] register = w.ints[registers[r]];
      for (int part = 0; part < fragment.perRegister(); part++) {
        int index = fragment.index(r, part);
        int shift = part * element.bits();
        for (int lane = 0; lane < LANES; lane++) {
          to[fragment.place(index + lane)] = element.toFloat(register[lane] >>> shift);
        }
      }
    }
  }

  /** Packs floats; f16 is rounded to nearest even. */
  void store(float[] from, Warp w) {
    for (int r = 0; r < fragment.registers(); r++) {
      int first = fragment.index(r, 0);
      if (element == MatrixElement.F32) {
        float[] register = w.floats[registers[r]];
        for (int lane = 0; lane < LANES; lane++) {
          register[lane] = from[fragment.place(first + lane)];
        }
        continue;
      }
      int[] register = w.ints[registers[r]];
      int second = fragment.index(r, 1);
      for (int lane = 0; lane < LANES; lane++) {
        float lower = from[fragment.place(first + lane)];
        float upper = from[fragment.place(second + lane)];
        register[lane] = Conversions.toF16x2(upper, lower);
      }
    }
  }

  /** Unpacks integers of four or eight bits. */
  void load(Warp w, int[] to) {
    int above = 32 - element.bits();
    boolean signed = element == MatrixElement.S8 || element == MatrixElement.S4;
    for (int r = 0; r < fragment.registers(); r++) {
      int[] register = w.ints[registers[r]];
      for (int part = 0; part < fragment.perRegister(); part++) {
        int index = fragment.index(r, part);
        int left = above - part * element.bits();
        for (int lane = 0; lane < LANES; lane++) {
          int highest = register[lane] << left;
          to[fragment.place(index + lane)] = signed ? highest >> above : highest >>> above;
        }
      }
    }
  }

  /** Takes registers as they are: words of single bits, or results. */
  void loadWords(Warp w, int[] to) {
    for (int r = 0; r < fragment.registers(); r++) {
      int[] register = w.ints[registers[r]];
      int index = fragment.index(r, 0);
      for (int lane = 0; lane < LANES; lane++) {
        to[fragment.place(index + lane)] = register[lane];
      }
    }
  }

  /** Stores 32-bit integers. */
  void store(int[] from, Warp w) {
    for (int r = 0; r < fragment.registers(); r++) {
      int[] register = w.ints[registers[r]];
      int index = fragment.index(r, 0);
      for (int lane = 0; lane < LANES; lane++) {
        register[lane] = from[fragment.place(index + lane)];
      }
    }
  }

  void load(Warp w, double[] to) {
    for (int r = 0; r < fragment.registers(); r++) {
      double[] register = w.doubles[registers[r]];
      int index = fragment.index(r, 0);
      for (int lane = 0; lane < LANES; lane++) {
        to[fragment.place(index + lane)] = register[lane];
      }
    }
  }

  void store(double[] from, Warp w) {
    for (int r = 0; r < fragment.registers(); r++) {
      double[] register = w.doubles[registers[r]];
      int index = fragment.index(r, 0);
      for (int lane = 0; lane < LANES; lane++) {
        register[lane] = from[fragment.place(index + lane)];
      }
    }
  }
}
