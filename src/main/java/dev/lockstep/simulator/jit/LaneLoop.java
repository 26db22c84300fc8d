package dev.lockstep.simulator.jit;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.FloatOps;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The method of one run: fetches the registers' arrays, then loops over 32 lanes with every value
 * in a local variable. What no lane changes is read once before the loop; what nobody reads behind
 * the run is not written back.
 *
 * <p>Arithmetic may leave a NaN with other bits than the one PTX has. It gets those bits where they
 * are looked at; registers that are read by further runs alone may keep the others in between.
 */
final class LaneLoop implements Operands.Lanes {
  /** Each lane's bit of a predicate: shifts by the lane's number would not become vector code. */
  private static final int[] BITS = IntStream.range(0, Warp.LANES).map(i -> 1 << i).toArray();

  private static final ClassDesc LANE_MATH = LaneMath.class.describeConstable().orElseThrow();
  private static final ClassDesc FLOAT_OPS = FloatOps.class.describeConstable().orElseThrow();

  private final Part.Run run;
  private final CodeBuilder c;
  private final RegisterNumbers numbers;

  /** Makes numbers a constant of the class. */
  private final Function<int[], ConstantDesc> tables;

  /** Locals by place: the register's array, and the lane's value (a predicate: its bit). */
  private final Map<Place, Integer> arrays = new HashMap<>();

  private final Map<Place, Integer> values = new HashMap<>();

  /** Arrays of what is read in other lanes. */
  private final Map<Place, Integer> others = new HashMap<>();

  /** For predicates: all 32 bits, coming in and going out. */
  private final Map<Place, Integer> bitsIn = new HashMap<>();

  private final Map<Place, Integer> bitsOut = new HashMap<>();

  /** Registers in which a NaN may have other bits than the one PTX has, before the run. */
  private final Set<Place> anyNanBefore;

  /** The same of this lane's values, float or moved to an int. */
  private final Set<Place> anyNan;

  private final Set<Place> incoming = new LinkedHashSet<>();
  private final Set<Place> outgoing = new LinkedHashSet<>();

  /** Read in other lanes. */
  private final Set<Place> elsewhere = new LinkedHashSet<>();

  private int lane;

  /**
   * @param anyNan registers in which a NaN may have any bits, before the run and then behind it
   */
  LaneLoop(
      Part.Run run,
      CodeBuilder c,
      RegisterNumbers numbers,
      Function<int[], ConstantDesc> tables,
      Set<Place> anyNan) {
    this.run = run;
    this.c = c;
    this.numbers = numbers;
    this.tables = tables;
    this.anyNanBefore = Set.copyOf(anyNan);
    this.anyNan = anyNan;
    Set<Place> written = new HashSet<>();
    for (Scalar scalar : run.scalars()) {
      scalar.reads(
          place -> {
            if (!written.contains(place)) {
              incoming.add(place);
            }
          });
      scalar.readsElsewhere(elsewhere::add);
      written.add(scalar.target());
      if (run.wanted().contains(scalar.target())) {
        outgoing.add(scalar.target());
      }
    }
  }

  void emit() {
    before();
    lane = c.allocateLocal(TypeKind.INT);
    Label top = c.newLabel();
    Label end = c.newLabel();
    c.iconst_0().istore(lane);
    c.labelBinding(top).iload(lane).loadConstant(Warp.LANES).if_icmpge(end);
    for (Place place : incoming) {
      if (!place.uniform()) {
        fetch(place);
      }
    }
    for (Scalar scalar : run.scalars()) {
      emit(scalar);
    }
    outgoing.forEach(this::writeBack);
    Set<Place> settled = new LinkedHashSet<>(outgoing);
    settled.retainAll(run.exact());
    settled.retainAll(anyNan);
    anyNan.removeAll(settled);
    anyNan.retainAll(outgoing);
    anyNanBefore.stream().filter(place -> !outgoing.contains(place)).forEach(anyNan::add);
    c.iinc(lane, 1).goto_(top).labelBinding(end);
    for (Place place : outgoing) {
      if (place.file() == Place.PREDICATES) {
        predicate(place);
        c.iload(bitsOut(place)).iastore();
      }
    }
    for (Place place : settled) {
      ClassDesc array = LaneClass.element(place).arrayType();
      c.aload(array(place));
      c.invokestatic(LANE_MATH, "settle", MethodTypeDesc.of(CD_void, array));
    }
    c.return_();
  }

  private void before() {
    for (Place place : incoming) {
      if (place.file() == Place.PREDICATES) {
        predicate(place);
        c.iaload().istore(bitsIn(place));
      } else if (place.uniform()) {
        register(place);
        c.iconst_0().arrayLoad(kind(place));
        c.storeLocal(kind(place), value(place));
      } else {
        keepArray(place);
      }
    }
    for (Place place : outgoing) {
      if (place.file() == Place.PREDICATES) {
        c.iconst_0().istore(bitsOut(place));
      } else if (!arrays.containsKey(place)) {
        keepArray(place);
      }
    }
    for (Place place : elsewhere) {
      register(place);
      if (outgoing.contains(place)) {
        // Lanes are written while others still want what was there.
        ClassDesc array = LaneClass.element(place).arrayType();
        c.invokevirtual(array, "clone", MethodTypeDesc.of(CD_Object)).checkcast(array);
      }
      c.astore(others(place));
    }
  }

  private void keepArray(Place place) {
    register(place);
    c.astore(array(place));
  }

  /** Pushes a register's array. */
  private void register(Place place) {
    numbers.pushRegister(c, place);
  }

  /** Pushes the array of predicates and the place in it. */
  private void predicate(Place place) {
    c.aload(RegisterNumbers.REGISTERS)
        .getfield(LaneClass.REGISTERS, "predicates", CD_int.arrayType());
    numbers.push(c, place);
  }

  private void fetch(Place place) {
    if (place.file() == Place.PREDICATES) {
      c.iload(bitsIn(place)).iload(lane).iushr().iconst_1().iand().istore(value(place));
    } else {
      c.aload(array(place)).iload(lane).arrayLoad(kind(place));
      c.storeLocal(kind(place), value(place));
    }
  }

  private void writeBack(Place place) {
    if (place.file() == Place.PREDICATES) {
      int bits = bitsOut(place);
      c.iload(bits).iload(value(place)).ineg();
      c.loadConstant(tables.apply(BITS)).iload(lane).iaload().iand().ior().istore(bits);
    } else {
      c.aload(array(place)).iload(lane).loadLocal(kind(place), value(place));
      c.arrayStore(kind(place));
    }
  }

  private void emit(Scalar scalar) {
    Form form = scalar.form();
    Place target = scalar.target();
    Place guard = scalar.guard();
    // Under a guard some lanes keep what the target had, and others get bits nobody may change.
    boolean later = guard == null && (form.isMove() || target.file() == Slot.FLOATS);
    boolean any = later && leavesAnyNan(scalar);
    if (!any) {
      makeCanonicalWhatIsSeen(scalar);
    }
    Label skip = c.newLabel();
    if (guard != null) {
      makeCanonical(target);
      c.iload(value(guard));
      var unused = scalar.negated() ? c.ifne(skip) : c.ifeq(skip);
    }
    for (int i = 0; i < form.arity(); i++) {
      Operands.load(c, scalar.sources().get(i), form.source(i), this::value, this);
    }
    form.emission().accept(c);
    if (form.nan() == Form.Nan.ANY && !later) {
      canonical();
    }
    Operands.store(c, target, form.result(), value(target));
    if (any) {
      anyNan.add(target);
    } else {
      anyNan.remove(target);
    }
    c.labelBinding(skip);
  }

  /** Whether a NaN in the result of an instruction without a guard may have any bits. */
  private boolean leavesAnyNan(Scalar scalar) {
    return switch (scalar.form().nan()) {
      case ANY -> true;
      case COPY -> mayBeAnyNan(scalar.sources().getFirst());
      case EXACT, BLIND -> false;
    };
  }

  private void makeCanonicalWhatIsSeen(Scalar scalar) {
    for (int i = 0; i < scalar.sources().size(); i++) {
      if (scalar.form().seesNan(i) && scalar.sources().get(i) instanceof Place place) {
        makeCanonical(place);
      }
    }
  }

  /** Gives a NaN in a float value the bits that PTX says, where they are looked at. */
  private void makeCanonical(Place place) {
    if (anyNan.remove(place)) {
      Operands.load(c, place, 'f', this::value, this);
      canonical();
      Operands.store(c, place, 'f', value(place));
    }
  }

  private boolean mayBeAnyNan(Source source) {
    return switch (source) {
      case Place place -> anyNan.contains(place);
      case Source.Elsewhere(Place place, List<Integer> lanes) -> anyNanBefore.contains(place);
      case Source.Not not -> false;
      case Source.Literal literal -> false;
      case Source.Bits bits -> false;
    };
  }

  @Override
  public void load(Source.Elsewhere from, char type) {
    Place place = from.place();
    int distance = from.distance();
    c.aload(others(place));
    if (distance != 0) {
      c.iload(lane).loadConstant(distance).ixor();
    } else {
      int[] table = from.lanes().stream().mapToInt(Integer::intValue).toArray();
      c.loadConstant(tables.apply(table)).iload(lane).iaload();
    }
    c.arrayLoad(kind(place));
    Operands.retype(c, place, type);
  }

  @Override
  public void load(Source.Bits bits) {
    c.loadConstant(bits.lanes()).iload(lane).iushr().iconst_1().iand();
  }

  private void canonical() {
    canonical(c);
  }

  /** Gives a NaN on the operand stack the bits that PTX says. */
  static void canonical(CodeBuilder c) {
    c.invokestatic(FLOAT_OPS, "canonical", MethodTypeDesc.of(CD_float, CD_float));
  }

  private int array(Place place) {
    return arrays.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.REFERENCE));
  }

  private int others(Place place) {
    return others.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.REFERENCE));
  }

  private int bitsIn(Place place) {
    return bitsIn.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.INT));
  }

  private int bitsOut(Place place) {
    return bitsOut.computeIfAbsent(place, p -> c.allocateLocal(TypeKind.INT));
  }

  private int value(Place place) {
    return values.computeIfAbsent(place, p -> c.allocateLocal(kind(p)));
  }

  static TypeKind kind(Place place) {
    return switch (place.file()) {
      case Slot.FLOATS -> TypeKind.FLOAT;
      case Slot.LONGS -> TypeKind.LONG;
      case Slot.DOUBLES -> TypeKind.DOUBLE;
      default -> TypeKind.INT;
    };
  }
}
