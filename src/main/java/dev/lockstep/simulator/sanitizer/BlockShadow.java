package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.Warp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that is remembered while a block runs, and only then. */
final class BlockShadow implements BlockObserver {
  final Clocks clocks;
  final @Nullable SharedShadow shared;
  private final Handover handover;

  /** Local memory of all threads. */
  final LocalShadow local;

  final int localBytes;

  final UnsetBits unset;

  final Gaps gaps;

  /** What was found so far and waits for more to be known. */
  final Suspicion suspicion = new Suspicion();

  final UnsetReads reads;

  final FollowedPieces pieces = new FollowedPieces();

  /** By thread: what registers lacked that were saved for when a call returns. */
  final List<Deque<UnsetBits.Saved>> saved = new ArrayList<>();

  /** By warp: whether it has touched shared memory since all its lanes met. */
  private final boolean[] touched;

  private final int[] members = new int[Warp.LANES];

  BlockShadow(
      int warps,
      int sharedBytes,
      int localBytes,
      int cellBytes,
      int registers,
      List<Origin> neverSet,
      Reports reports) {
    this.clocks = new Clocks(warps);
    this.gaps = new Gaps();
    this.reads = new UnsetReads(gaps, suspicion);
    this.handover = new Handover(warps, clocks);
    this.shared =
        sharedBytes == 0
            ? null
            : new SharedShadow(
                sharedBytes, cellBytes, warps, clocks, handover, gaps, reads, reports);
    this.localBytes = localBytes;
    this.local = new LocalShadow(warps, localBytes, reads);
    this.unset = new UnsetBits(warps, registers, neverSet);
    this.touched = new boolean[warps];
    for (int i = 0; i < warps * Warp.LANES; i++) {
      saved.add(new ArrayDeque<>());
    }
  }

  static BlockShadow of(Warp w) {
    if (w.observer instanceof BlockShadow shadow) {
      return shadow;
    }
    throw new IllegalStateException("the block is not watched");
  }

  @Override
  public void started() {
    if (clocks.late()) {
      clocks.reset();
      if (shared != null) {
        shared.reset();
      }
    }
    clocks.restart();
    handover.restart();
    if (shared != null) {
      shared.restart();
    }
    local.restart();
    suspicion.clear();
    saved.forEach(Deque::clear);
    unset.restart();
  }

  @Override
  public void finished() {
    suspicion.confirm();
  }

  @Override
  public Throwable failed(Throwable thrown) {
    return suspicion.explain(thrown);
  }

  @Override
  public void arrived(int barrier, Warp w) {
    clocks.arrive(barrier, w.index(), w.alive);
  }

  @Override
  public void completed(int barrier, int released, boolean whole) {
    clocks.complete(barrier, released, whole);
    if (whole && shared != null) {
      suspicion.confirm();
      shared.settle();
    }
  }

  @Override
  public void copied(Warp w, int lane, long to, int bytes) {
    if (shared != null) {
      touched[w.index()] = true;
      shared.copied(w, lane, (int) to, bytes);
    }
  }

  void touch(Warp w) {
    touched[w.index()] = true;
  }

  /** The active lanes execute a fence. */
  void fence(Warp w) {
    if (shared != null) {
      handover.fence(w.index());
    }
  }

  /** The active lanes access places where threads tell each other how far they are. */
  void handOver(Warp w, int mask, long[] values, long offset, AccessSite site) {
    if (!handover.used() || !site.isStrong()) {
      return;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (site.reads()) {
        handover.take(w.index(), lane, values[lane] + offset);
      }
      if (site.writes()) {
        handover.give(w.index(), values[lane] + offset);
      }
    }
  }

  /** Remembers who is to meet, before the op that they meet at may overwrite it. */
  void gather(int[] masks) {
    System.arraycopy(masks, 0, members, 0, Warp.LANES);
  }

  /** The active lanes have met, each those it {@link #gather named}. */
  void meet(Warp w) {
    if (!touched[w.index()]) {
      return;
    }
    int common = -1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      common &= members[lane];
    }
    if ((common & w.started) == w.started && w.mask == w.started) {
      meetAll(w);
      return;
    }
    int left = w.mask;
    while (left != 0) {
      int lane = Integer.numberOfTrailingZeros(left);
      int group = members[lane] & w.meetings.met();
      clocks.meet(w.index(), group, group == w.started);
      left &= ~(group | 1 << lane);
    }
  }

  /** All lanes of the warp that are left have met; who has exited met nobody. */
  void meetAll(Warp w) {
    if (touched[w.index()]) {
      clocks.meet(w.index(), w.mask, w.mask == w.started);
      touched[w.index()] = false;
    }
  }
}
