import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { QuotaLedger } from "../../shared/runtime/quota-ledger.ts";
import { calendarDay, isCalendarDay, nextPeriodStart, periodStart } from "../../shared/runtime/quota-period.ts";

describe("A quota's period", () => {
  const cases: readonly (readonly [day: string, resetDay: number, start: string, next: string])[] = [
    ["2027-05-01", 1, "2027-05-01", "2027-06-01"],
    ["2027-05-31", 1, "2027-05-01", "2027-06-01"],
    ["2027-05-14", 15, "2027-04-15", "2027-05-15"],
    ["2027-05-15", 15, "2027-05-15", "2027-06-15"],
    ["2027-01-10", 20, "2026-12-20", "2027-01-20"],
    ["2026-12-20", 20, "2026-12-20", "2027-01-20"],
    ["2027-02-27", 31, "2027-01-31", "2027-02-28"],
    ["2027-02-28", 31, "2027-02-28", "2027-03-31"],
    ["2027-03-30", 31, "2027-02-28", "2027-03-31"],
    ["2028-02-28", 30, "2028-01-30", "2028-02-29"],
    ["2028-02-29", 30, "2028-02-29", "2028-03-30"],
    ["2027-04-30", 31, "2027-04-30", "2027-05-31"],
    ["2100-02-28", 29, "2100-02-28", "2100-03-29"],
  ];
  for (const [day, resetDay, start, next] of cases) {
    it(`of ${day}, begun on day ${resetDay}, is ${start} until ${next}`, () => {
      assert.equal(periodStart(day, resetDay), start);
      assert.equal(nextPeriodStart(day, resetDay), next);
    });
  }

  it("holds its day, whatever the day, and the next one begins where it ends", () => {
    const anyDay = fc
      .date({ min: new Date(2026, 0, 1), max: new Date(2110, 0, 1), noInvalidDate: true })
      .map(calendarDay);
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 1, max: 31 }), (day, resetDay) => {
        const [start, next] = [periodStart(day, resetDay), nextPeriodStart(day, resetDay)];

        assert.ok(start <= day && day < next);
        assert.ok(isCalendarDay(start) && isCalendarDay(next));
        assert.equal(periodStart(start, resetDay), start);
        assert.equal(nextPeriodStart(start, resetDay), next);
        assert.equal(periodStart(next, resetDay), next);
      }),
    );
  });

  it("counts by local days", () => {
    assert.equal(calendarDay(new Date(2027, 0, 5, 0, 0, 1)), "2027-01-05");
    assert.equal(calendarDay(new Date(2027, 11, 31, 23, 59, 59)), "2027-12-31");
  });

  it("knows which days there are", () => {
    assert.deepEqual(["2028-02-29", "2027-12-31"].map(isCalendarDay), [true, true]);
    for (const text of ["2027-02-29", "2027-13-01", "2027-00-10", "2027-01-00", "27-01-01", "2027-1-1", ""]) {
      assert.equal(isCalendarDay(text), false, text);
    }
  });
});

describe("A quota's ledger", () => {
  it("sums the days of the period of today", () => {
    const ledger = new QuotaLedger();
    ledger.add(1, "2027-04-30");
    ledger.add(10, "2027-05-01");
    ledger.add(100, "2027-05-01");
    ledger.add(1000, "2027-05-20");

    assert.equal(ledger.used(1, "2027-05-20"), 1110);
    assert.equal(ledger.used(1, "2027-06-01"), 0);
  });

  it("counts right when the reset day changes", () => {
    const ledger = new QuotaLedger([
      ["2027-05-03", 5],
      ["2027-05-17", 7],
    ]);

    assert.equal(ledger.used(1, "2027-05-20"), 12);
    assert.equal(ledger.used(15, "2027-05-20"), 7);
  });

  it("goes on with its last day until the clock is set after a start", () => {
    const ledger = new QuotaLedger([["2027-05-20", 500]]);

    assert.equal(ledger.used(1, "1970-01-01"), 500);
    ledger.add(20, "1970-01-01");

    assert.equal(ledger.used(1, "2027-05-21"), 520);
  });

  it("gives what was counted before the clock was first set to the day that it then shows", () => {
    const ledger = new QuotaLedger();
    ledger.add(30, "1970-01-01");
    assert.equal(ledger.used(1, "1970-01-01"), 30);

    ledger.add(1, "2027-05-21");

    assert.deepEqual(ledger.days, [["2027-05-21", 31]]);
  });

  it("loses nothing to a clock that was in the future for a while", () => {
    const ledger = new QuotaLedger([["2027-05-20", 500]]);
    ledger.add(3, "2099-01-01");

    ledger.add(4, "2027-05-21");

    assert.equal(ledger.used(1, "2027-05-21"), 504);
    assert.equal(ledger.used(1, "2027-06-01"), 0);
  });

  it("counts a clock that steps back within the period in the same period, and across its start in the earlier one", () => {
    const ledger = new QuotaLedger([
      ["2027-05-30", 500],
      ["2027-06-02", 60],
    ]);

    ledger.add(1, "2027-06-01");
    assert.equal(ledger.used(1, "2027-06-01"), 61);
    ledger.add(2, "2027-05-31");

    assert.equal(ledger.used(1, "2027-05-31"), 502);
    assert.equal(ledger.used(1, "2027-06-02"), 61);
  });

  it("forgets old days but never one of the period", () => {
    const ledger = new QuotaLedger();
    const start = Date.UTC(2027, 0, 1, 12);
    for (let day = 0; day < 500; day++) {
      const today = new Date(start + day * 86_400_000).toISOString().slice(0, 10);
      ledger.add(1, today);
      assert.ok(ledger.days.length <= 64);
      assert.equal(ledger.used(1, today), Number(today.slice(8)));
    }
  });

  it("takes no bytes that are none", () => {
    const ledger = new QuotaLedger();
    ledger.add(0, "2027-05-20");
    ledger.add(-5, "2027-05-20");

    assert.deepEqual(ledger.days, []);
  });
});
