package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.Call;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.IndirectCall;
import dev.lockstep.simulator.op.LocalCopy;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.SavedRegisters;
import dev.lockstep.simulator.op.StackOps;
import dev.lockstep.simulator.op.SystemCall;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lowers calls (PTX ISA 9.7.12). Before one, its arguments are put where the function will look for
 * them: into its registers, or into its frame, which will start at the caller's stack pointer.
 * After it, results are fetched from there. The moves are decoded as the PTX instructions they are
 * like.
 */
final class CallDecoder {
  /** Per lane: where the running function's frame starts, and where the next one will. */
  static final Register FRAME_POINTER = new Register(0, "%frame", ScalarType.U64, -1);

  static final Register STACK_POINTER = new Register(1, "%stack", ScalarType.U64, -1);

  /** The function an indirect call leads to, while its arguments are put in place. */
  private static final Register POINTER = new Register(2, "%callee", ScalarType.U64, -1);

  /** What is the number of a body for registers of calls that lead into the system. */
  static final int SYSTEM = -3;

  /** The parts of a call: those before, the one that leaves, and those after the return. */
  record Code(List<Part> before, Op call, @Nullable PtxFunction callee, List<Part> after) {}

  /**
   * Something done before or after a call.
   *
   * @param in the instruction it is like; the call itself when it is like none
   */
  record Part(List<Op> ops, Instruction in) {}

  private final PtxModule module;
  private final CallGraph graph;
  private final RoutinePlan plan;
  private final RegisterFileBuilder registers;
  private final Emitter e;

  CallDecoder(PtxModule module, CallGraph graph, RoutinePlan plan, RegisterFileBuilder registers) {
    this.module = module;
    this.graph = graph;
    this.plan = plan;
    this.registers = registers;
    this.e = plan.emitter;
  }

  /**
   * The ops of a call.
   *
   * @param wanted ids of the registers wanted behind it
   */
  Code decode(Instruction in, BitSet wanted) {
    Decoder.allow(in, "uni");
    CallSite site = CallSite.of(in);
    String name = site.function();
    if (name == null) {
      return indirect(in, site, wanted);
    }
    PtxFunction function = module.function(name);
    if (function != null) {
      return direct(in, site, function, wanted);
    }
    Prototype declared = module.declared().get(name);
    if (declared == null) {
      throw new Unsupported("nothing is known of the function " + name);
    }
    for (SystemCall.Function known : SystemCall.Function.values()) {
      if (known.spelling().equals(name) && known.parameters() == declared.parameters().size()) {
        return system(in, site, declared, known);
      }
    }
    String what = Beyond.function(name);
    throw new Unsupported(what.isEmpty() ? "the function " + name + " has no body here" : what);
  }

  /** What an argument or result goes through on its way from register to register. */
  static Register through(int i, Prototype.Formal formal) {
    return new Register(i, "%passed", formal.type(), -2);
  }

  /** A function of the runtime: its arguments are fetched from where they were put, one by one. */
  private Code system(
      Instruction in, CallSite site, Prototype declared, SystemCall.Function function) {
    Transfer transfer = new Transfer(in, site, declared, null);
    List<Slot<long[]>> arguments = new ArrayList<>();
    for (int i = 0; i < declared.parameters().size(); i++) {
      Register to = new Register(i, "%system", ScalarType.B64, SYSTEM);
      transfer.fetchArgument(i, to);
      arguments.add(longSlot(to));
    }
    Register result = new Register(arguments.size(), "%system", ScalarType.B64, SYSTEM);
    if (!declared.results().isEmpty()) {
      transfer.storeResult(result);
    }
    SystemCall call = new SystemCall(function, arguments, longSlot(result));
    return new Code(transfer.before, call, null, transfer.after);
  }

  @SuppressWarnings("unchecked") // The register is one of 64 bits.
  private Slot<long[]> longSlot(Register register) {
    return (Slot<long[]>) registers.slot(register);
  }

  private Code direct(Instruction in, CallSite site, PtxFunction function, BitSet wanted) {
    Transfer transfer = new Transfer(in, site, function.prototype(), function);
    boolean recursive = graph.reaches(function.name(), plan.routine.name());
    return transfer.code(new Call(transfer.frame.bytes()), recursive ? saved(wanted, site) : null);
  }

  private Code indirect(Instruction in, CallSite site, BitSet wanted) {
    Prototype prototype = graph.prototype(plan.routine.body(), site);
    if (prototype == null) {
      throw new Unsupported("a call through a pointer without a type");
    }
    boolean recursive =
        graph.callees(plan.routine, in).stream()
            .anyMatch(f -> graph.reaches(f.name(), plan.routine.name()));
    Transfer transfer = new Transfer(in, site, prototype, null);
    transfer.run(
        "mov",
        "",
        ScalarType.U64,
        List.of(new Operand.Reg(POINTER), site.callee()),
        transfer.before);
    return transfer.code(
        new IndirectCall(
            registers.slot(POINTER).index(), transfer.frame.bytes(), CodeAddresses::number),
        recursive ? saved(wanted, site) : null);
  }

  /** The routine's own registers that must survive the call. */
  private SavedRegisters saved(BitSet wanted, CallSite site) {
    BitSet ids = (BitSet) wanted.clone();
    for (Operand result : site.results()) {
      if (result instanceof Operand.Reg(Register r)) {
        ids.clear(r.id());
      }
    }
    List<Register> all = new ArrayList<>();
    List<Slot<?>> slots = new ArrayList<>();
    List<Integer> predicates = new ArrayList<>();
    ids.stream()
        .mapToObj(plan.registers::get)
        .filter(r -> !registers.isConstant(r))
        .forEach(
            r -> {
              all.add(r);
              if (r.type() == ScalarType.PRED) {
                predicates.add(registers.predicate(r));
              } else {
                slots.add(registers.slot(r));
                if (r.type() == ScalarType.B128) {
                  slots.add(registers.upper(r));
                }
              }
            });
    return new SavedRegisters(all, slots, predicates);
  }

  /** What moves the arguments and results of one call. */
  private final class Transfer {
    private final Instruction in;
    private final CallSite site;
    private final Prototype prototype;
    private final @Nullable PtxFunction callee;
    private final CallFrame frame;
    private final List<Part> before = new ArrayList<>();
    private final List<Part> after = new ArrayList<>();

    Transfer(Instruction in, CallSite site, Prototype prototype, @Nullable PtxFunction callee) {
      this.in = in;
      this.site = site;
      this.prototype = prototype;
      this.callee = callee;
      this.frame = CallFrame.of(prototype);
      requireSizes();
      if (site.arguments().size() != prototype.parameters().size()
          || site.results().size() != prototype.results().size()) {
        throw new Unsupported(
            "%d arguments and %d results for a function that has %d and %d"
                .formatted(
                    site.arguments().size(),
                    site.results().size(),
                    prototype.parameters().size(),
                    prototype.results().size()));
      }
    }

    private void requireSizes() {
      if (prototype.parameters().stream().anyMatch(Prototype.Formal::isUnsized)) {
        throw new Unsupported("a function whose last parameter has no size");
      }
    }

    Code code(Op call, @Nullable SavedRegisters saved) {
      if (saved != null) {
        before.add(new Part(List.of(saved.new Save()), in));
      }
      if (frame.bytes() > 0) {
        before.add(new Part(List.of(new StackOps.Reserve(frame.bytes())), in));
      }
      pass();
      List<Runnable> results = fetch();
      if (saved != null) {
        after.add(new Part(List.of(saved.new Restore()), in));
      }
      results.forEach(Runnable::run);
      return new Code(before, call, callee, after);
    }

    /** An argument as 64 bits. */
    void fetchArgument(int i, Register to) {
      Prototype.Formal formal = prototype.parameters().get(i);
      Operand argument = site.arguments().get(i);
      if (variable(argument, formal) != null) {
        argument = new Operand.Reg(new Register(i, "%part", formal.type(), SYSTEM));
        run("ld", "param", formal.type(), List.of(argument, at(site.arguments().get(i))), before);
      }
      e.emit(LongLanes::move, longSlot(to), e.b64(argument));
      flush(in, before);
    }

    /** The result, as wide as it was declared. */
    void storeResult(Register from) {
      Prototype.Formal formal = prototype.results().get(0);
      Operand result = site.results().get(0);
      Operand value = new Operand.Reg(from);
      if (formal.type().bytes() < 8) {
        Register narrow = new Register(0, "%narrow", formal.type(), SYSTEM);
        value = new Operand.Reg(narrow);
        e.emit(ConversionLanes::longToInt, e.toB32(value), longSlot(from));
        flush(in, after);
      }
      if (result instanceof Operand.Sink) {
        return;
      }
      if (variable(result, formal) != null) {
        run("st", "param", formal.type(), List.of(at(result), value), after);
      } else {
        run("mov", "", formal.type(), List.of(result, value), after);
      }
    }

    /** Arguments in registers go through others first: a function that calls itself reads both. */
    private void pass() {
      List<Runnable> moves = new ArrayList<>();
      for (int i = 0; i < prototype.parameters().size(); i++) {
        Prototype.Formal formal = prototype.parameters().get(i);
        Operand argument = site.arguments().get(i);
        Symbols.Place variable = variable(argument, formal);
        if (formal.inMemory()) {
          Operand to = onStack(frame.parameters().get(i));
          if (variable != null) {
            copy(address(argument), address(to), formal, before);
          } else {
            run("st", "local", formal.type(), List.of(to, argument), before);
          }
        } else {
          Operand.Reg through = new Operand.Reg(through(i, formal));
          if (variable != null) {
            run("ld", "param", formal.type(), List.of(through, at(argument)), before);
          } else {
            run("mov", "", formal.type(), List.of(through, argument), before);
          }
          Operand to = calleeRegister(formal);
          moves.add(() -> run("mov", "", formal.type(), List.of(to, through), before));
        }
      }
      moves.forEach(Runnable::run);
    }

    /** What is left to do once the caller's registers have their values again. */
    private List<Runnable> fetch() {
      List<Runnable> moves = new ArrayList<>();
      for (int i = 0; i < prototype.results().size(); i++) {
        Prototype.Formal formal = prototype.results().get(i);
        Operand result = site.results().get(i);
        if (result instanceof Operand.Sink) {
          continue;
        }
        Symbols.Place variable = variable(result, formal);
        if (formal.inMemory()) {
          Operand from = onStack(frame.results().get(i));
          if (variable != null) {
            moves.add(() -> copy(address(from), address(result), formal, after));
          } else {
            moves.add(() -> run("ld", "local", formal.type(), List.of(result, from), after));
          }
        } else {
          Operand.Reg through = new Operand.Reg(through(i, formal));
          run("mov", "", formal.type(), List.of(through, calleeRegister(formal)), after);
          if (variable != null) {
            moves.add(() -> run("st", "param", formal.type(), List.of(at(result), through), after));
          } else {
            moves.add(() -> run("mov", "", formal.type(), List.of(result, through), after));
          }
        }
      }
      return moves;
    }

    /** The place of an argument that is a variable in parameter memory, else null. */
    private Symbols.@Nullable Place variable(Operand actual, Prototype.Formal formal) {
      if (!(actual instanceof Operand.Symbol(String name, long offset))) {
        return null;
      }
      Symbols.Place place = plan.symbols.find(name);
      if (place == null || place.space() != StateSpace.LOCAL) {
        throw new Unsupported(name + " is no variable in .param");
      }
      if (offset + formal.bytes() > place.bytes()) {
        throw new Unsupported(
            "%s has %d bytes, the function's parameter %d"
                .formatted(name, place.bytes(), formal.bytes()));
      }
      return place;
    }

    private Operand calleeRegister(Prototype.Formal formal) {
      if (callee == null) {
        throw new Unsupported("a predicate passed through a pointer");
      }
      return new Operand.Reg(callee.registers().get(formal.register()));
    }

    private void copy(Address from, Address to, Prototype.Formal formal, List<Part> into) {
      Op copy = new LocalCopy(from, to, (int) formal.bytes(), formal.alignment());
      into.add(new Part(List.of(copy), in));
    }

    private Address address(Operand operand) {
      return AddressOperand.of(
          operand instanceof Operand.Symbol ? at(operand) : operand, StateSpace.LOCAL, e);
    }

    private Operand at(Operand symbol) {
      return new Operand.Address(symbol, 0);
    }

    private Operand onStack(long offset) {
      return new Operand.Address(new Operand.Reg(STACK_POINTER), offset);
    }

    /** Decodes an instruction that stands for part of the call. */
    private void run(
        String opcode, String space, ScalarType type, List<Operand> operands, List<Part> into) {
      List<String> modifiers =
          space.isEmpty() ? List.of(type.spelling()) : List.of(space, type.spelling());
      Instruction part =
          new Instruction(null, opcode, modifiers, operands, in.line(), in.text(), in.location());
      plan.decoder.decode(part);
      flush(part, into);
    }

    private void flush(Instruction part, List<Part> into) {
      Op[] ops = e.finish();
      if (ops.length > 0) {
        into.add(new Part(List.of(ops), part));
      }
    }
  }
}
