package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.lowering.Copies;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Entering;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.LocalCopy;
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
  private List<Register> undefined = List.of();
  private @Nullable RegisterPlaces places;
  private @Nullable RegisterWatch registers;
  private @Nullable LoadNeeds needs;

  @Override
  public void kernel(PtxKernel compiled, List<Register> unset, List<SharedVariable> variables) {
    undefined = unset;
    shared = variables;
  }

  @Override
  public void registers(RegisterPlaces found) {
    places = found;
  }

  @Override
  public void copies(Copies found) {
    if (places != null) {
      needs = new LoadNeeds(found);
      registers = new RegisterWatch(undefined, found, needs, places);
    }
  }

  @Override
  public Op step(Op op, Instruction in, LoweredKernel.Site site) {
    if (op instanceof Fence) {
      return isFence(in) ? new WatchedFence(op) : op;
    }
    if (op instanceof Entering entering) {
      return new EnteredFunction(
          op, entering, registers == null ? new int[0] : registers.entered(in));
    }
    if (op instanceof LocalCopy copy) {
      return new PassedStructure(copy);
    }
    Op around = op instanceof MemoryOp memory ? checked(op, memory, in, site) : op;
    return op instanceof WarpSync ? new Meeting(around, op) : around;
  }

  @Override
  public Op passed(Op op, Instruction in, LoweredKernel.Site site) {
    return in.opcode().equals("call") ? op : instruction(op, in, site);
  }

  @Override
  public Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    Op around = registers == null ? null : registers.around(op, in);
    Op watched = around == null ? op : around;
    boolean meets = WHOLE_WARP.contains(in.opcode()) && in.has("sync") && !(op instanceof Branch);
    return meets ? new Meeting(watched, op) : watched;
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
      Need need = needs == null || access.kind() != Access.Kind.LOAD ? Need.ALL : needs.of(in);
      for (Part part : parts(access, need, in)) {
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

  /** Part of what an instruction does to memory. */
  private record Part(Access access, Need need) {}

  /**
   * The parts of a load that the program uses: compilers load structures whole, with padding and
   * members that nobody asks for.
   */
  private static List<Part> parts(Access access, Need need, Instruction in) {
    long whole = (1L << access.bytes()) - 1;
    boolean loads = access.kind() == Access.Kind.LOAD;
    long used = whole & (loads ? need.used() & in.usedBytes() : -1);
    if (used == whole) {
      return List.of(new Part(access, need));
    }
    List<Part> parts = new ArrayList<>();
    for (int at = 0; at < access.bytes(); ) {
      int size = at == 0 ? Integer.highestOneBit(access.bytes()) : Integer.lowestOneBit(at);
      while (size > 1 && (used >>> at & (1L << size) - 1) != (1L << size) - 1) {
        size /= 2;
      }
      if ((used >>> at & 1) != 0) {
        Access part = new Access(access.kind(), access.address().plus(at), size);
        parts.add(new Part(part, need.part(at, size)));
      }
      at += size;
    }
    return parts;
  }

  private @Nullable Check check(Op op, Part part, Instruction in, LoweredKernel.Site place) {
    Access access = part.access();
    Need need = part.need();
    StateSpace space = access.address().space();
    Store store = op instanceof Store s ? s : null;
    AsyncCopyOp copy =
        op instanceof AsyncCopyOp c && access.kind() == Access.Kind.ASYNC_READ ? c : null;
    AccessSite site = AccessSite.of(sites.size(), place, access.kind(), in);
    sites.add(site);
    if (space == StateSpace.SHARED || space == StateSpace.GENERIC) {
      cellBytes = Math.min(cellBytes, Integer.highestOneBit(access.bytes()));
    }
    Need ownNeed = needs == null ? need : needs.ofOwn(in, need);
    return switch (space) {
      case SHARED -> new SharedCheck(access, site, store, need);
      case GLOBAL -> new GlobalCheck(access, site, copy, need);
      case LOCAL -> new LocalCheck(access, site, ownNeed);
      case GENERIC -> new GenericCheck(access, site, store, copy, need, ownNeed);
      default -> null;
    };
  }

  /** The lanes that hold the addresses of a matrix operation's rows: eight for each matrix. */
  private static int rows(Instruction in) {
    return in.has("x4") ? -1 : in.has("x2") ? 0xffff : 0xff;
  }
}
