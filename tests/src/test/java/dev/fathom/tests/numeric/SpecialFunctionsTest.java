package dev.fathom.tests.numeric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.numeric.SpecialFunctions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against values of mpmath with 40 digits. */
class SpecialFunctionsTest {
    @ParameterizedTest
    @CsvSource({"0,0,1", "1e-300,1.1283791670955126e-300,1", "0.5,0.52049987781304653768,0.47950012218695346232",
        "1,0.84270079294971486934,0.15729920705028513066", "1.5,0.96610514647531072707,0.033894853524689272933",
        "2,0.99532226501895273416,0.0046777349810472658379", "3,0.99997790950300141456,0.000022090496998585441373",
        "5,0.99999999999846254021,1.5374597944280348502e-12", "10,1,2.0884875837625447570e-45", "26,1,5.6631924088561428465e-296",
        "-0.75,-0.71115563365351513163,1.7111556336535151316", "-4,-0.9999999845827420997,1.9999999845827420998"})
    void erfAndErfc(double x, double erf, double erfc) {
        assertEquals(erf, SpecialFunctions.erf(x), 4e-16 * Math.max(Math.abs(erf), 1e-300));
        assertEquals(erfc, SpecialFunctions.erfc(x), 1e-13 * erfc);
    }

    @ParameterizedTest
    @CsvSource({"0,0.5", "1,0.84134474606854294859", "-1,0.15865525393145705141", "-8,6.2209605742717841235e-16"})
    void normalDistribution(double x, double p) {
        assertEquals(p, SpecialFunctions.normalCdf(x), 1e-13 * p);
    }

    @Test
    void nanStaysNan() {
        assertTrue(Double.isNaN(SpecialFunctions.erf(Double.NaN)) && Double.isNaN(SpecialFunctions.erfc(Double.NaN)));
        assertTrue(Double.isNaN(SpecialFunctions.normalCdf(Double.NaN)));
    }
}
