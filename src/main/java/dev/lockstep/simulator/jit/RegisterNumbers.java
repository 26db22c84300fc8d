package dev.lockstep.simulator.jit;

import java.lang.classfile.CodeBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * The registers that a {@link LaneCode} is told with each call: first come, first numbered, so that
 * pieces that differ in nothing but their registers become the same code.
 */
final class RegisterNumbers {
  /** The local variables of its two parameters. */
  static final int REGISTERS = 1;

  private static final int NUMBERS = 2;

  private final List<Place> places = new ArrayList<>();

  /** The registers whose numbers are to be told, once the code is complete. */
  List<Place> places() {
    return List.copyOf(places);
  }

  /** Pushes a register's number. */
  void push(CodeBuilder c, Place place) {
    int at = places.indexOf(place);
    if (at < 0) {
      at = places.size();
      places.add(place);
    }
    c.aload(NUMBERS).loadConstant(at).iaload();
  }

  /** Pushes a register's array. */
  void pushRegister(CodeBuilder c, Place place) {
    LaneClass.pushFile(c, place);
    push(c, place);
    c.aaload();
  }
}
