/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory. */

struct mm_struct init_mm;
pgd_t init_top_pgt[];
unsigned long phys_base;
unsigned long page_offset_base;
unsigned long vmalloc_base;
unsigned long vmemmap_base;
unsigned int __pgtable_l5_enabled;
unsigned int pgdir_shift;
unsigned int ptrs_per_p4d;
u64 sme_me_mask;
phys_addr_t physical_mask;
void *high_memory;
unsigned long max_pfn;
unsigned long max_low_pfn;
unsigned long min_low_pfn;
wait_queue_head_t congestion_wqh[2]; /* before 6.1 */
struct pglist_data *node_data[];
struct mem_section **mem_section;
nodemask_t node_states[6];
unsigned int nr_node_ids;
unsigned int nr_online_nodes;
atomic_long_t _totalram_pages;
unsigned long totalreserve_pages;

atomic_long_t vm_zone_stat[NR_VM_ZONE_STAT_ITEMS];
atomic_long_t vm_node_stat[NR_VM_NODE_STAT_ITEMS];
atomic_long_t vm_numa_stat[6];
atomic_long_t vm_numa_event[6];
struct vm_event_state vm_event_states;
const char *const vmstat_text[];
struct percpu_counter vm_committed_as;
int sysctl_overcommit_memory;
int sysctl_overcommit_ratio;
unsigned long sysctl_overcommit_kbytes;
int vm_swappiness;
int dirty_background_ratio;
int vm_dirty_ratio;
unsigned long vm_dirty_bytes;
unsigned long dirty_background_bytes;
int min_free_kbytes;
int watermark_scale_factor;
int user_min_free_kbytes;
int sysctl_lowmem_reserve_ratio[5];
char *const zone_names[5];
const char *const migratetype_names[MIGRATE_TYPES];
int page_group_by_mobility_disabled;
int movable_zone;
int sysctl_panic_on_oom;
int sysctl_oom_kill_allocating_task;
int sysctl_oom_dump_tasks;
atomic_t oom_victims;
struct task_struct *oom_reaper_list;
int percpu_pagelist_fraction;

struct list_head slab_caches;
struct mutex slab_mutex;
struct kmem_cache *kmem_cache;
struct kmem_cache *kmem_cache_node;
struct kmem_cache *kmalloc_caches[][14];
const struct kmalloc_info_struct kmalloc_info[];
enum slab_state slab_state;
unsigned int slub_max_order;
struct kmem_cache *filp_cachep;
struct kmem_cache *dentry_cache;
struct kmem_cache *inode_cachep;
struct kmem_cache *mnt_cache;
struct kmem_cache *task_struct_cachep;
struct kmem_cache *vm_area_cachep;
struct kmem_cache *mm_cachep;
struct kmem_cache *signal_cachep;
struct kmem_cache *files_cachep;
struct kmem_cache *fs_cachep;
struct kmem_cache *vmap_area_cachep;

struct vm_struct *vmlist;
struct list_head vmap_area_list;
struct rb_root vmap_area_root;
struct vmap_node *vmap_nodes;
unsigned int nr_vmap_nodes;
unsigned int vmap_zone_size;
struct rb_root free_vmap_area_root;
struct list_head free_vmap_area_list;
struct list_head purge_vmap_area_list;
atomic_long_t vmap_lazy_nr;
atomic_long_t nr_vmalloc_pages;
struct vmap_block_queue vmap_block_queue;
struct rb_root purge_vmap_area_root;

struct hstate hstates[];
int hugetlb_max_hstate;
unsigned int default_hstate_idx;
struct page *huge_zero_page;
struct folio *huge_zero_folio;
unsigned long huge_zero_pfn;
unsigned long transparent_hugepage_flags;
unsigned long huge_anon_orders_always;
struct khugepaged_scan khugepaged_scan;
struct ksm_scan ksm_scan;

struct swap_info_struct *swap_info[];
unsigned int nr_swapfiles;
struct plist_head swap_active_head;
struct plist_head *swap_avail_heads;
atomic_long_t nr_swap_pages;
long total_swap_pages;
struct address_space *swapper_spaces[];
unsigned int nr_swapper_spaces[];
spinlock_t swap_lock;

void *pcpu_base_addr;
struct list_head *pcpu_chunk_lists;
int pcpu_nr_slots;
struct pcpu_chunk *pcpu_first_chunk;
int pcpu_nr_units;
int pcpu_unit_size;
const int *pcpu_unit_map;
const unsigned long *pcpu_unit_offsets;
const unsigned long *pcpu_group_offsets;
const size_t *pcpu_group_sizes;
int pcpu_nr_groups;
unsigned long pcpu_nr_populated;

struct memblock memblock;
struct resource iomem_resource;
struct resource ioport_resource;
unsigned long page_ext_size;
struct cpu_fbatches cpu_fbatches;
struct lru_pvecs lru_pvecs;
struct list_head shrinker_list;
struct idr shrinker_idr;
int shrinker_nr_max;
struct cma cma_areas[];
unsigned int cma_area_count;
[[has: struct stack_record.hash_list]] struct list_head *stack_table;
struct stack_record **stack_table;
void *stack_slabs[8192];
int depot_index;
int pools_num;
struct percpu_rw_semaphore mem_hotplug_lock;
int node_reclaim_mode;
struct mempolicy default_policy;
struct mempolicy preferred_node_policy[];
struct list_head zswap_pools;
u64 zswap_pool_total_size;
struct list_head bdi_list;
struct backing_dev_info noop_backing_dev_info;
struct wb_domain global_wb_domain;
int laptop_mode;
int block_dump;
struct bus_type memory_subsys;
struct xarray memory_blocks;
struct vfsmount *shm_mnt;
atomic_long_t num_poisoned_pages;
int sysctl_drop_caches;
unsigned long __highest_present_section_nr;
int sections_per_block;
const struct trace_print_flags gfpflag_names[];
struct kset *slab_kset;
const struct vm_operations_struct shm_vm_ops;
int ipc_mni_shift;
struct vmap_node single; /* since 6.9; vmap_nodes of a kernel with one */

/* What else programs read. */
const struct address_space_operations swap_aops;
const struct address_space_operations shmem_aops;
struct list_head shmem_swaplist;
unsigned long direct_pages_count[PG_LEVEL_NUM];
u8 *numa_distance;
int numa_distance_cnt;
struct numa_meminfo numa_meminfo;
struct balloon_stats balloon_stats; /* xen */

/* Not in the kernels that the rest was checked against: older, differently configured, or in modules. */
atomic_long_t vm_stat[]; /* before 4.8 */
struct page *mem_map; /* CONFIG_FLATMEM */
unsigned long max_mapnr;
struct pglist_data contig_page_data; /* without CONFIG_NUMA */
unsigned long totalram_pages; /* before 5.0 */
unsigned long totalhigh_pages;
pgd_t swapper_pg_dir[];
pgd_t init_level4_pgt[]; /* before 4.13 */
struct list_head *pcpu_slot; /* before 5.14 */
struct swap_list_t swap_list; /* before 3.16 */
wait_queue_head_t kswapd_wait;

/* Of a struct io_tlb_mem since v5.13. */
unsigned int *io_tlb_list;
unsigned int io_tlb_index;
unsigned long io_tlb_nslabs;
unsigned long io_tlb_used;
