package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.Fragment;
import dev.lockstep.simulator.lowering.MatrixParts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code wmma.load} and {@code wmma.store}, which are done piece by piece: for each register there
 * is an access of its own, or one for each of its elements.
 */
final class FollowedPieces {
  /** By piece and lane: why what was loaded has no value. */
  private final List<@Nullable Origin[]> loaded = new ArrayList<>();

  private FollowedPieces.@Nullable Stored storing;

  /** One access of a {@code wmma} instruction. */
  static final class Piece extends Op {
    private final Op op;
    private final int number;

    Piece(Op op, int number) {
      this.op = op;
      this.number = number;
    }

    @Override
    public void execute(Warp w) {
      if (!w.isFollowing()) {
        op.execute(w);
        return;
      }
      BlockShadow shadow = BlockShadow.of(w);
      Stored store = shadow.pieces.storing;
      if (store != null) {
        store.piece(w, shadow, number);
        op.execute(w);
        shadow.gaps.storeDone();
        return;
      }
      shadow.gaps.load();
      op.execute(w);
      Origin[] origins = new Origin[Warp.LANES];
      for (int rest = shadow.gaps.loading(); rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        origins[lane] = shadow.gaps.loadedOrigin(lane);
      }
      shadow.pieces.loaded.add(origins);
    }
  }

  /** {@code wmma.load}. */
  static final class Loaded extends Followed {
    private final Fragment fragment;
    private final FollowedMatrices.Held d;

    Loaded(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      this.fragment = MatrixParts.moved(in);
      this.d = FollowedMatrices.Held.of(in, 0, registers);
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      List<@Nullable Origin[]> pieces = shadow.pieces.loaded;
      pieces.clear();
      op.execute(w);
      d.set(w, shadow.unset);
      int each = pieces.size() / fragment.registers();
      for (int r = 0; r < d.numbers().length; r++) {
        int first = r % fragment.registers() * each;
        for (int lane = 0; lane < Warp.LANES; lane++) {
          Origin origin = null;
          for (int piece = first; piece < first + each; piece++) {
            origin = Origin.worse(origin, pieces.get(piece)[lane]);
          }
          if (origin != null) {
            d.put(w, shadow.unset, r, lane, -1, origin);
          }
        }
      }
    }
  }

  /** {@code wmma.store}. */
  static final class Stored extends Followed {
    private final Fragment fragment;
    private final FollowedMatrices.Held a;
    private final int pieces;

    /**
     * @param pieces how many there are
     */
    Stored(Op op, Instruction in, NumberedRegisters registers, int pieces) {
      super(op, in, registers);
      this.fragment = MatrixParts.moved(in);
      this.a = FollowedMatrices.Held.of(in, 1, registers);
      this.pieces = pieces;
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      if (a.lacking(w, shadow.unset) == 0) {
        op.execute(w);
        return;
      }
      shadow.pieces.storing = this;
      try {
        op.execute(w);
      } finally {
        shadow.pieces.storing = null;
      }
    }

    private void piece(Warp w, BlockShadow shadow, int number) {
      int each = Math.max(1, pieces / fragment.registers());
      int r = number / each;
      Register value = a.registers().get(r);
      int bits = value == null ? 32 : value.type().bits() / each;
      shadow.gaps.store(
          (lane, address) -> report(w, shadow, lane, origin(w, shadow, r, lane), value, Use.STORE));
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long without = a.of(w, shadow.unset, r, lane) >>> number % each * bits;
        if (without != 0) {
          shadow.gaps.stores(lane, 0, bits / 8, without, origin(w, shadow, r, lane));
        }
      }
    }

    private Origin origin(Warp w, BlockShadow shadow, int r, int lane) {
      return shadow.unset.origin(w, a.numbers()[r], lane);
    }
  }
}
