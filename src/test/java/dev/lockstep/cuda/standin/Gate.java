package dev.lockstep.cuda.standin;

import static java.lang.invoke.MethodHandles.catchException;
import static java.lang.invoke.MethodHandles.dropArguments;
import static java.lang.invoke.MethodHandles.foldArguments;
import static java.lang.invoke.MethodHandles.guardWithTest;
import static java.lang.invoke.MethodHandles.identity;
import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.atomic.AtomicLong;
import jcuda.driver.CUresult;

/**
 * Stands before a call: counts it, asks the log, and turns whatever is thrown into a code. Nothing
 * may be thrown through C: it would end the process.
 */
final class Gate {
  private static final MethodHandle ENTER;
  private static final MethodHandle FAILED;
  private static final MethodHandle IS_ZERO;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      ENTER = lookup.findVirtual(Gate.class, "enter", methodType(int.class));
      FAILED = lookup.findVirtual(Gate.class, "failed", methodType(int.class, Throwable.class));
      IS_ZERO = lookup.findStatic(Gate.class, "isZero", methodType(boolean.class, int.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String export;
  private final CallLog log;
  private final AtomicLong count;

  Gate(String export, CallLog log) {
    this.export = export;
    this.log = log;
    this.count = log.counter(export);
  }

  /** The call behind this gate: same parameters, an {@code int} returned, nothing thrown. */
  MethodHandle before(MethodHandle call) {
    MethodHandle refuse = dropArguments(identity(int.class), 1, call.type().parameterList());
    MethodHandle either =
        guardWithTest(
            dropArguments(IS_ZERO, 1, call.type().parameterList()),
            dropArguments(call, 0, int.class),
            refuse);
    return catchException(
        foldArguments(either, ENTER.bindTo(this)), Throwable.class, FAILED.bindTo(this));
  }

  private int enter() {
    count.incrementAndGet();
    return log.enter(export);
  }

  private int failed(Throwable what) {
    if (what instanceof DriverError error) {
      return error.code;
    }
    log.defect(what);
    return CUresult.CUDA_ERROR_UNKNOWN;
  }

  private static boolean isZero(int code) {
    return code == 0;
  }
}
