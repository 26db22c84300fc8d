package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.op.Access;

/**
 * An instruction that accesses memory, as the shadow remembers it.
 *
 * @param id its number among the kernel's, the last one standing for all that have no number
 * @param atomic whether nobody can come between its read and its write, or its bytes
 * @param isVolatile whether it is {@code .volatile}
 * @param polls whether a thread waits by it: see {@link Polling}
 * @param company knows which of the kernel's accesses stand together
 */
record AccessSite(
    int id,
    LoweredKernel.Site place,
    Access.Kind kind,
    boolean atomic,
    boolean isVolatile,
    boolean polls,
    Instruction in,
    Company company) {
  /** Numbers there are. */
  static final int LIMIT = 1 << 12;

  static AccessSite of(
      int id,
      LoweredKernel.Site place,
      Access.Kind kind,
      Instruction in,
      Company company,
      boolean polls) {
    boolean strong =
        kind == Access.Kind.ATOMIC || in.has("relaxed") || in.has("acquire") || in.has("release");
    return new AccessSite(
        Math.min(id, LIMIT - 1),
        place,
        kind,
        strong,
        !strong && in.has("volatile"),
        polls,
        in,
        company);
  }

  boolean reads() {
    return switch (kind) {
      case LOAD, MATRIX_LOAD, ASYNC_READ, ATOMIC -> true;
      case STORE, MATRIX_STORE, ASYNC_WRITE -> false;
    };
  }

  boolean writes() {
    return switch (kind) {
      case STORE, MATRIX_STORE, ASYNC_WRITE, ATOMIC -> true;
      case LOAD, MATRIX_LOAD, ASYNC_READ -> false;
    };
  }

  /** Whether what it reads is followed, rather than used at once. */
  boolean isFollowed() {
    return kind == Access.Kind.LOAD || kind == Access.Kind.MATRIX_LOAD;
  }

  /** Which of the bytes it reads the program uses, a bit for each. */
  long usedBytes() {
    return kind == Access.Kind.LOAD ? in.usedBytes() : -1;
  }

  /** Whether it may be one of several that copy a structure. */
  boolean inCompany() {
    return company.has(in);
  }

  /** Whether it is strong, as the PTX ISA says: threads may tell each other something by it. */
  boolean isStrong() {
    return atomic || isVolatile;
  }

  /** Whether it does not matter when another thread's strong access comes. */
  boolean speaks() {
    return atomic || isVolatile && polls;
  }

  /** The access in a word. */
  String verb() {
    return switch (kind) {
      case LOAD, MATRIX_LOAD, ASYNC_READ -> "reads";
      case STORE, MATRIX_STORE -> "writes";
      case ATOMIC -> "updates";
      case ASYNC_WRITE -> "copies to";
    };
  }

  String pastVerb() {
    return switch (kind) {
      case LOAD, MATRIX_LOAD, ASYNC_READ -> "read";
      case STORE, MATRIX_STORE -> "wrote";
      case ATOMIC -> "updated";
      case ASYNC_WRITE -> "copied to";
    };
  }

  /** Where the instruction stands. */
  String where() {
    String source = place.source().isEmpty() ? "" : ", " + place.source();
    return "at PTX line " + place.ptxLine() + " `" + place.instruction() + "`" + source;
  }
}
