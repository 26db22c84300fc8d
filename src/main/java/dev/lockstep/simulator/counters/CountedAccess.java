package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.AsyncCopyOp;

/** Counts an instruction's accesses to memory, then has them made. */
final class CountedAccess extends Op {
  private final Op op;
  private final AccessGroup accesses;

  CountedAccess(Op op, AccessGroup accesses) {
    this.op = op;
    this.accesses = accesses;
  }

  @Override
  public void execute(Warp w) {
    // None are left where an earlier step of the instruction put all off to wait for others.
    if (w.mask != 0) {
      accesses.count(w, KernelTally.of(w), w.mask);
    }
    op.execute(w);
  }

  /** {@code cp.async}: lanes that only fill with zeroes read nothing. */
  static final class Copy extends Op {
    private final Op op;
    private final AsyncCopyOp copy;
    private final AccessGroup read;
    private final AccessGroup write;

    Copy(Op op, AsyncCopyOp copy, AccessGroup read, AccessGroup write) {
      this.op = op;
      this.copy = copy;
      this.read = read;
      this.write = write;
    }

    @Override
    public void execute(Warp w) {
      KernelTally tally = KernelTally.of(w);
      int reading = copy.reading(w);
      if (reading != 0) {
        read.count(w, tally, reading);
      }
      write.count(w, tally, w.mask);
      op.execute(w);
    }
  }

  /** {@code ldmatrix} and {@code stmatrix}: the rows of all matrices, once all lanes have met. */
  static final class Matrix extends Op {
    private final Op op;
    private final AccessGroup access;
    private final int rows;

    /**
     * @param rows lanes that hold the address of a row, one bit each
     */
    Matrix(Op op, AccessGroup access, int rows) {
      this.op = op;
      this.access = access;
      this.rows = rows;
    }

    @Override
    public void execute(Warp w) {
      if (w.full) {
        access.count(w, KernelTally.of(w), rows);
        op.execute(w);
        return;
      }
      // Looked at before, as a load may overwrite it; counted only if it was not put off.
      long[] values = access.values(w).clone();
      op.execute(w);
      if (w.mask != 0) {
        access.count(w, KernelTally.of(w), values, rows);
      }
    }
  }
}
