/**
 * Reading the goldens: arrays and cases that the original code produced, stored under the test resources in the layout
 * they were delivered in, and the formula that rebuilds every synthetic input.
 */
package dev.fathom.tests.golden;
