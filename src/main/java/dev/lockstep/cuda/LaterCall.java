package dev.lockstep.cuda;

import java.lang.foreign.MemorySegment;

/** A function of the driver that is younger than the oldest driver we run on. */
sealed interface LaterCall {
  /** It is there. */
  record Found(MemorySegment function) implements LaterCall {}

  /** The driver is too old; {@code reason} is one line for people. */
  record Missing(String reason) implements LaterCall {}
}
