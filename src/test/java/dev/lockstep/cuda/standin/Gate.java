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
import java.util.function.ToIntFunction;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

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
  private final Codes codes;
  private final AtomicLong count;

  /**
   * What a library answers when a call does not succeed.
   *
   * @param defect for what nobody expected
   * @param refusal for what a call threw to be answered
   */
  record Codes(int defect, ToIntFunction<DriverError> refusal) {
    static final Codes DRIVER = new Codes(CUresult.CUDA_ERROR_UNKNOWN, error -> error.code);
    static final Codes CUBLAS =
        new Codes(cublasStatus.CUBLAS_STATUS_INTERNAL_ERROR, CublasFamily::status);
  }

  Gate(String export, CallLog log, Codes codes) {
    this.export = export;
    this.log = log;
    this.codes = codes;
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
      return codes.refusal.applyAsInt(error);
    }
    log.defect(what);
    return codes.defect;
  }

  private static boolean isZero(int code) {
    return code == 0;
  }
}
