package dev.lockstep.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MangledNameTests {
  @ParameterizedTest
  @CsvSource({
    "_Z3addPfS_i, add, true",
    "_Z3addPfS_i, ad, false",
    "_Z3addPfS_i, Pf, false",
    "_ZN1a1b3addEPf, a::b::add, true",
    "_ZN1a1b3addEPf, b::add, false",
    "_Z99999999999999add, add, false",
    "_Z3ad, ad, false",
    "_Z, '', false",
    "add, dd, false",
    "_ZL4coef, coef, true",
    "_ZN5spaceL4coefE, space::coef, true",
    "_ZN5spaceL4coefE, coef, true",
    "_ZL, '', false",
    "__nv_static_24__3079d6f3_4_v_cu_counter_coef, coef, true",
    "__nv_static_24__3079d6f3_4_v_cu_counter__ZN5space4coefE, space::coef, true",
    "__nv_static_24__3079d6f3_4_v_cu_counter, counter, false",
    "__nv_static_9999_coef, coef, false",
  })
  void readsMangledNames(String mangled, String name, boolean same) {
    assertThat(MangledName.isOf(mangled, name)).isEqualTo(same);
  }
}
