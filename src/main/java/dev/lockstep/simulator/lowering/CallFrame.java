package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Prototype;
import java.util.ArrayList;
import java.util.List;

/**
 * Where results and parameters lie in the frame of a function: at its start, in that order, so that
 * whoever calls through a pointer knows the places without knowing the function. Two functions with
 * equal ones can be called alike.
 *
 * @param results offsets; −1 for one in a register
 * @param parameters likewise
 * @param bytes the end of the last
 */
record CallFrame(List<Long> results, List<Long> parameters, int alignment, long bytes) {
  static CallFrame of(Prototype prototype) {
    List<Long> results = new ArrayList<>();
    long end = place(prototype.results(), 0, results);
    List<Long> parameters = new ArrayList<>();
    end = place(prototype.parameters(), end, parameters);
    int alignment = 1;
    for (List<Prototype.Formal> list : List.of(prototype.results(), prototype.parameters())) {
      for (Prototype.Formal formal : list) {
        alignment = Math.max(alignment, formal.alignment());
      }
    }
    return new CallFrame(List.copyOf(results), List.copyOf(parameters), alignment, end);
  }

  private static long place(List<Prototype.Formal> formals, long from, List<Long> places) {
    long end = from;
    for (Prototype.Formal formal : formals) {
      if (formal.inMemory()) {
        long at = (end + formal.alignment() - 1) & -formal.alignment();
        places.add(at);
        end = at + formal.bytes();
      } else {
        places.add(-1L);
      }
    }
    return end;
  }
}
