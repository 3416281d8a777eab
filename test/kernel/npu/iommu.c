/* The core's IOMMU: two-level tables of 4 KiB pages, descriptors of 40-bit addresses (rockchip-iommu.c, version 2). */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core.h"

enum { TABLE = 0, STATUS = 4, COMMAND = 8, FAULT = 0xc, ZAP = 0x10, RAW = 0x14, CLEAR = 0x18, MASK = 0x1c, PENDING = 0x20, GATING = 0x24 };
enum { PAGING_ENABLED = 1, FAULT_ACTIVE = 2, STALL_ACTIVE = 4, IDLE = 8, FAULT_IS_WRITE = 0x20 };
#define NOT_STALLED 0x80000000u
enum { COMMAND_ENABLE, COMMAND_DISABLE, COMMAND_STALL, COMMAND_END_STALL, COMMAND_FAULT_DONE = 5, COMMAND_RESET = 6 };
enum { ENTRIES = 1024, VALID = 1 };

/* [31:12] address, [11:8] bits 35:32, [7:4] bits 39:36. */
static uint64_t address_of(uint32_t entry) {
    return (entry & 0xfffff000u) | (uint64_t)(entry >> 8 & 15) << 32 | (uint64_t)(entry >> 4 & 15) << 36;
}

static void unmap_page(core *c, uint32_t page) {
    mmap(c->window + ((uint64_t)page << 12), PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

static void map_page(core *c, uint32_t page, uint32_t entry) {
    const ram *where = NULL;
    const uint64_t physical = address_of(entry & ~15u);
    c->pages[page] = entry;
    if (entry == 0 || core_ram(c, physical, &where) == NULL) {
        unmap_page(c, page);
        if (entry != 0) core_say(c, "the page at IOVA %x lies outside the guest's memory", page << 12);
        return;
    }
    const off_t at = (off_t)(where->offset + physical - where->address);
    if (mmap(c->window + ((uint64_t)page << 12), PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, where->fd, at) == MAP_FAILED) {
        perror("mmap of a page");
    }
}

int iommu_map(core *c, npu_region *regions, int most) {
    int count = 0;
    uint64_t next = UINT64_MAX;
    const uint32_t *directory = (const uint32_t *)(const void *)core_ram(c, address_of(c->banks[0].table & ~1u), NULL);
    if (directory == NULL || (c->banks[0].status & PAGING_ENABLED) == 0) return -1;
    for (uint32_t d = 0; d < ENTRIES; d++) {
        const uint32_t *table = directory[d] & VALID ? (const uint32_t *)(const void *)core_ram(c, address_of(directory[d] & ~1u), NULL) : NULL;
        for (uint32_t p = 0; p < ENTRIES; p++) {
            const uint32_t page = d * ENTRIES + p;
            const uint32_t entry = table != NULL && (table[p] & VALID) ? table[p] : 0;
            if (c->pages[page] != entry) map_page(c, page, entry);
            if (entry == 0) continue;
            const uint64_t iova = (uint64_t)page << 12;
            if (iova == next) regions[count - 1].size += PAGE;
            else if (count < most) regions[count++] = (npu_region){.iova = (uint32_t)iova, .size = PAGE, .data = c->window + iova};
            next = iova + PAGE;
        }
    }
    return count;
}

void iommu_fault(core *c, uint32_t iova, int is_write) {
    c->faults++;
    c->banks[0].fault = iova;
    c->banks[0].status |= FAULT_ACTIVE | (is_write ? FAULT_IS_WRITE : 0);
    c->banks[0].raw |= 1;
    core_say(c, "page fault at %x", iova);
}

uint32_t iommu_read(const iommu_bank *bank, uint32_t offset) {
    switch (offset) {
    case TABLE: return bank->table;
    case STATUS: return bank->status | IDLE | (bank->status & STALL_ACTIVE ? 0 : NOT_STALLED);
    case FAULT: return bank->fault;
    case RAW: return bank->raw;
    case MASK: return bank->mask;
    case PENDING: return bank->raw & bank->mask;
    case GATING: return bank->gating;
    default: return 0;
    }
}

static void command(iommu_bank *bank, uint32_t value) {
    switch (value) {
    case COMMAND_ENABLE: bank->status |= PAGING_ENABLED; break;
    case COMMAND_DISABLE: bank->status &= ~(uint32_t)PAGING_ENABLED; break;
    case COMMAND_STALL: bank->status |= STALL_ACTIVE; break;
    case COMMAND_END_STALL: bank->status &= ~(uint32_t)STALL_ACTIVE; break;
    case COMMAND_FAULT_DONE: bank->status &= ~(uint32_t)(FAULT_ACTIVE | FAULT_IS_WRITE); break;
    case COMMAND_RESET: memset(bank, 0, sizeof *bank); break;
    default: break;
    }
}

int iommu_stops_tasks(uint32_t offset, uint32_t value) {
    return offset == TABLE || (offset == COMMAND && (value == COMMAND_DISABLE || value == COMMAND_STALL || value == COMMAND_RESET));
}

int iommu_write(iommu_bank *bank, uint32_t offset, uint32_t value) {
    switch (offset) {
    case TABLE: bank->table = value & ~1u; return 1; /* the driver checks that all but the lowest bit are kept */
    case COMMAND: command(bank, value); break;
    case CLEAR: bank->raw &= ~value; break;
    case MASK: bank->mask = value; break;
    case GATING: bank->gating = value; break;
    case ZAP:
    default: break;
    }
    return 0;
}
