package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.lowering.Copies;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.MemoryOp;
import dev.lockstep.simulator.op.Store;
import dev.lockstep.simulator.op.WarpSync;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts the checks around the ops of one kernel. */
public final class KernelSanitizer implements Instrument {
  /** Operations of a whole warp whose lanes meet there. */
  private static final Set<String> WHOLE_WARP =
      Set.of("mma", "wmma", "ldmatrix", "stmatrix", "movmatrix");

  /** The largest access there may be is no larger than a cell may be. */
  private static final int LARGEST_CELL = 16;

  private final List<AccessSite> sites = new ArrayList<>();
  private List<SharedVariable> shared = List.of();
  private int cellBytes = LARGEST_CELL;
  private @Nullable PtxKernel kernel;
  private List<Register> undefined = List.of();
  private @Nullable RegisterPlaces places;
  private @Nullable RegisterWatch registers;
  private Copies copies = Copies.NONE;

  @Override
  public void kernel(PtxKernel compiled, List<Register> unset, List<SharedVariable> variables) {
    kernel = compiled;
    undefined = unset;
    shared = variables;
  }

  @Override
  public void registers(RegisterPlaces found) {
    places = found;
  }

  @Override
  public void copies(Copies found) {
    copies = found;
    registers =
        kernel == null || places == null
            ? null
            : new RegisterWatch(kernel, undefined, found, places);
  }

  @Override
  public Op step(Op op, Instruction in, LoweredKernel.Site site) {
    if (op instanceof Fence) {
      return isFence(in) ? new WatchedFence(op) : op;
    }
    Op around = op instanceof MemoryOp memory ? checked(op, memory, in, site) : op;
    boolean meets = op instanceof WarpSync || WHOLE_WARP.contains(in.opcode()) && in.has("sync");
    return meets ? new Meeting(around, op) : around;
  }

  @Override
  public Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    Op around = registers == null ? null : registers.around(op, in);
    return around == null ? op : around;
  }

  /** What watches the blocks of the kernel; to be asked for once it has been lowered. */
  public BlockObserver.Factory observers() {
    Reports reports = new Reports(List.copyOf(sites), shared);
    int watched = registers == null ? 0 : registers.count();
    return (warps, sharedBytes, localBytes) ->
        new BlockShadow(warps, sharedBytes, localBytes, cellBytes, watched, reports);
  }

  /** Volatile and relaxed accesses are executed between fences, too, but promise none. */
  private static boolean isFence(Instruction in) {
    return switch (in.opcode()) {
      case "membar", "fence" -> true;
      default -> in.has("acquire") || in.has("release") || in.has("acq_rel");
    };
  }

  private Op checked(Op op, MemoryOp memory, Instruction in, LoweredKernel.Site place) {
    List<Check> checks = new ArrayList<>();
    boolean gathers = false;
    for (Access access : memory.accesses()) {
      gathers |=
          access.kind() == Access.Kind.MATRIX_LOAD || access.kind() == Access.Kind.MATRIX_STORE;
      for (Access part : used(access, in)) {
        Check check = check(op, part, in, place);
        if (check != null) {
          checks.add(check);
        }
      }
    }
    if (checks.isEmpty()) {
      return op;
    }
    if (op instanceof LaneMemoryOp access && checks.size() == 1) {
      return new CheckedLaneOp(op, access, checks.get(0));
    }
    return new CheckedOp(op, checks, memory.accesses(), gathers, gathers ? rows(in) : -1);
  }

  /**
   * The parts of a load that the program uses: compilers load structures whole, with padding and
   * members that nobody asks for.
   */
  private List<Access> used(Access access, Instruction in) {
    boolean loads = access.kind() == Access.Kind.LOAD && !in.operands().isEmpty();
    List<Operand> elements =
        loads && in.operands().get(0) instanceof Operand.Vector(List<Operand> all)
            ? all
            : List.of();
    long used = loads ? in.usedBytes() & 0xffff_ffffL : -1;
    for (int i = 0; i < elements.size(); i++) {
      int bytes = access.bytes() / elements.size();
      boolean unread =
          elements.get(i) instanceof Operand.Sink
              || elements.get(i) instanceof Operand.Reg(Register register)
                  && copies.unread().contains(register);
      if (unread) {
        used &= ~((1L << bytes) - 1 << i * bytes);
      }
    }
    long whole = (1L << access.bytes()) - 1;
    if ((used & whole) == whole || (used & whole) == 0 || unused(in) != LocalCheck.Use.ALL) {
      return List.of(access);
    }
    List<Access> parts = new ArrayList<>();
    for (int at = 0; at < access.bytes(); ) {
      int size = at == 0 ? access.bytes() : Integer.lowestOneBit(at);
      while (size > 1 && (used >>> at & (1L << size) - 1) != (1L << size) - 1) {
        size /= 2;
      }
      if ((used >>> at & 1) != 0) {
        parts.add(new Access(access.kind(), access.address().plus(at), size));
      }
      at += size;
    }
    return parts;
  }

  private @Nullable Check check(Op op, Access access, Instruction in, LoweredKernel.Site place) {
    StateSpace space = access.address().space();
    Store store = op instanceof Store s ? s : null;
    AsyncCopyOp copy =
        op instanceof AsyncCopyOp c && access.kind() == Access.Kind.ASYNC_READ ? c : null;
    AccessSite site = AccessSite.of(sites.size(), place, access.kind(), in);
    sites.add(site);
    if (space == StateSpace.SHARED || space == StateSpace.GENERIC) {
      cellBytes = Math.min(cellBytes, Integer.highestOneBit(access.bytes()));
    }
    return switch (space) {
      case SHARED -> new SharedCheck(access, site, store);
      case GLOBAL -> new GlobalCheck(access, site, copy);
      case LOCAL -> new LocalCheck(access, site, unused(in));
      case GENERIC -> new GenericCheck(access, site, store, copy, unused(in));
      default -> null;
    };
  }

  /** Whether it uses nothing of what it reads, as it may be the padding of a structure. */
  private LocalCheck.Use unused(Instruction in) {
    if (!in.opcode().equals("ld")) {
      return LocalCheck.Use.ALL;
    }
    boolean[] all = {true, true};
    Dataflow.definitions(
        in,
        register -> {
          all[0] &= copies.passedOn().contains(register);
          all[1] &= copies.carried().contains(register) || copies.offered().contains(register);
        });
    if (all[0] || copies.refilled().contains(in)) {
      return LocalCheck.Use.NONE;
    }
    return all[1] ? LocalCheck.Use.CARRIED : LocalCheck.Use.ALL;
  }

  /** The lanes that hold the addresses of a matrix operation's rows: eight for each matrix. */
  private static int rows(Instruction in) {
    return in.has("x4") ? -1 : in.has("x2") ? 0xffff : 0xff;
  }
}
