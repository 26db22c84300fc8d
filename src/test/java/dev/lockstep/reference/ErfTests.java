package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Ulp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against values of mpmath at 60 digits, each printed to 18; odd sixteenths are farthest from
 * nodes.
 */
class ErfTests {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          0, 0.0, 1.0, 1.0
          1e-300, 1.1283791670955126e-300, 1.0, 1.0
          1e-10, 1.12837916709551262e-10, 0.999999999887162083, 1.00000000011283792
          0.0625, 0.0704319777223870781, 0.929568022277612922, 1.07043197772238708
          0.1, 0.112462916018284898, 0.887537083981715102, 1.1124629160182849
          0.3125, 0.341468633501595006, 0.658531366498404994, 1.34146863350159501
          0.49, 0.511668261188523091, 0.488331738811476909, 1.51166826118852309
          0.5, 0.520499877813046538, 0.479500122186953462, 1.52049987781304654
          0.6875, 0.669084662886081282, 0.330915337113918718, 1.66908466288608128
          0.75, 0.711155633653515132, 0.288844366346484868, 1.71115563365351513
          1, 0.842700792949714869, 0.157299207050285131, 1.84270079294971487
          1.3125, 0.936568574711388714, 0.0634314252886112863, 1.93656857471138871
          1.5, 0.966105146475310727, 0.0338948535246892729, 1.96610514647531073
          1.9375, 0.9938568063952132, 0.00614319360478680001, 1.9938568063952132
          1.999, 0.995301556651370512, 0.00469844334862948768, 1.99530155665137051
          2, 0.995322265018952734, 0.00467773498104726584, 1.99532226501895273
          2.5, 0.999593047982555041, 0.00040695201744495894, 1.99959304798255504
          3, 0.999977909503001415, 0.0000220904969985854414, 1.99997790950300141
          5, 0.99999999999846254, 1.53745979442803485e-12, 1.99999999999846254
          10, 1.0, 2.08848758376254476e-45, 2.0
          20, 1.0, 5.39586561160790093e-176, 2.0
          26, 1.0, 5.66319240885614285e-296, 2.0
          """)
  void isWithinAFewUnitsInTheLastPlace(double x, double erf, double erfc, double erfcOfMinus) {
    assertThat(Ulp.distance(DType.F64, Erf.erf(x), erf)).isLessThanOrEqualTo(4);
    assertThat(Ulp.distance(DType.F64, Erf.erf(-x), -erf)).isLessThanOrEqualTo(4);
    assertThat(Ulp.distance(DType.F64, Erf.erfc(x), erfc)).isLessThanOrEqualTo(8);
    assertThat(Ulp.distance(DType.F64, Erf.erfc(-x), erfcOfMinus)).isLessThanOrEqualTo(4);
  }

  @Test
  void limits() {
    assertThat(Erf.erf(Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(Erf.erf(Double.NEGATIVE_INFINITY)).isEqualTo(-1);
    assertThat(Erf.erfc(Double.POSITIVE_INFINITY)).isZero();
    assertThat(Erf.erfc(Double.NEGATIVE_INFINITY)).isEqualTo(2);
    assertThat(Erf.erf(Double.NaN)).isNaN();
    assertThat(Erf.erfc(Double.NaN)).isNaN();
  }
}
